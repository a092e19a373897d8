"""Words of a brief that stand for a value of a vocabulary: laws, kinds of data, problems, workloads, ways to deploy."""

import re
from collections.abc import Mapping
from functools import cache

Term = tuple[str, str, re.Pattern[str]]
"""Field, value, and the words that mean it."""

_CLOUDS = {
    "aws": r"AWS|Amazon Web Services|Amazon cloud",
    "gcp": r"GCP|Google Cloud(?: Platform)?",
    "azure": r"(?:Microsoft )?Azure(?! (?:ML|DevOps|Machine Learning|AD\b))",
}
_LAWS = {
    "gdpr": r"(?:UK[ -])?GDPR",
    "hipaa": r"HIPAA",
    "pci-dss": r"PCI[ -]?DSS|PCI(?= (?:compliance|compliant|rules|scope|audit))",
    "soc2": r"SOC[ -]?2(?: Type (?:I{1,2}|[12]))?",
    "iso27001": r"ISO[ /-]?(?:IEC )?27001",
    "ccpa": r"CCPA",
}
_DATA = {
    "pii": r"PII|personal(?:ly identifiable)? (?:data|information)|(?:customers?['’]? )?(?:names|e-?mails"
    r"|e-?mail addresses)"
    r" and (?:home )?(?:addresses|phone numbers|e-?mails)|personal details",
    "phi": r"PHI|(?:protected |patient )?health (?:data|records?|information)|patient (?:data|records?|histories"
    r"|information)"
    r"|medical (?:data|records?|images|histories)|clinical (?:data|notes|records)|electronic health records|EHRs?",
    "pci": r"PCI data|card(?:holder)? (?:data|numbers?|details)|(?:credit|debit|payment)[ -]card (?:data|numbers?|details)|PANs",
    "confidential": r"(?:strictly |highly )?confidential|commercially sensitive|trade secrets?",
    "internal": r"internal(?:[ -]only)? (?:company )?data|(?:data|it) is internal|(?:for )?internal use(?: only)?"
    r"|company-internal|data class(?:ification)?(?: is|:)? internal",
    "public": r"public(?:ly available)? (?:data(?:sets?)?|records|sources)|open data|(?<!open to the )\w+ (?:is|are)(?: all)?"
    r" public(?! (?:API|endpoint|holiday|service))|data class(?:ification)?(?: is|:)? public",
}
_PROBLEMS = {
    "binary-classification": r"binary classification|churn|(?:anti-)?fraud(?:ulent)?|default risk|credit risk|propensity"
    r"|lead scoring|(?:predict|know|tell|find out|flag|spot) which (?:\w+ ){1,4}?(?:will|are going to|is going to|are likely)"
    r"|(?:most )?likely to (?:churn|leave|convert|buy|cancel|default|fail|click|respond|lapse|return)"
    r"|spam|no-?shows?|(?:whether|if) (?:a|an|the|each|every) \w+ (?:will|is going to|is|are)",
    "multiclass-classification": r"multi-?class(?: classification)?|(?:classify|categori[sz]e|sort) (?:\w+ ){1,3}into"
    r" (?:\d+|several|many|one of) (?:\w+ )?(?:categories|classes|types|groups)",
    "regression": r"regression|(?:predict|estimate)(?:s|ing)? (?:the )?(?:\w+ ){0,2}(?:prices?|amounts?|durations?|costs?"
    r"|values?|lifetime"
    r" value|LTV|CLV|ETAs?|delivery times?|arrival times?|rents?|salar(?:y|ies)|yields?)",
    "forecasting": r"forecast(?:s|ing|ed)?|time[ -]series|demand (?:planning|prediction)",
    "ranking": r"learning[ -]to[ -]rank|rank(?:s|ing|ed)? (?:search|results|listings|products|ads|candidates|documents)"
    r"|search (?:ranking|relevance)|re-?rank\w*",
    "recommendation": r"recommend(?:s|er|ing|ation|ations)?(?: (?:system|engine|products|items|articles|movies|songs))?"
    r"|personali[sz]ed (?:feed|suggestions|offers)",
    "anomaly-detection": r"anomal(?:y|ies|ous)(?: detection)?|outliers?(?: detection)?|predictive maintenance"
    r"|(?:strange|unusual|abnormal|suspicious) (?:\w+ )?(?:readings?|values?|behaviou?r|patterns?|measurements?|activity|logins?)",
    "nlp-classification": r"(?:text|e-?mail|ticket|document|intent|topic|sentiment|review) (?:classification"
    r"|analysis|routing)"
    r"|(?:classify|route|tag|triage|sort|label|assign) (?:incoming |new |all |support |customer |user )*"
    r"(?:tickets|e-?mails|messages|reviews|documents|comments"
    r"|complaints)|sentiment",
    "rag": r"RAG|retrieval[ -]augmented(?: generation)?|(?:chat ?bot|assistant|question answering|Q&A) (?:over"
    r"|on|for|about|from)"
    r" (?:our |the |internal )*(?:\w+ ){0,2}(?:docs|documents?|documentation|knowledge base|wiki|manuals"
    r"|policies|contracts)"
    r"|answer(?:s|ing)? questions (?:from|about|over|on)"
    r"|(?:chat ?bot|assistant|bot) (?:that|which|to) answers?|answer(?:s|ing)? (?:from|out of) (?:our|the|internal)",
    "image-classification": r"(?:image|photo|picture|x-ray) classification|computer vision"
    r"|classify (?:\w+ ){0,3}(?:images|photos"
    r"|pictures|x-rays|scans)|(?:uploads?|sends?|takes?) (?:a |an |the |their )?(?:photos?|pictures?|images?|x-rays?|scans?)"
    r"|(?:defects?|damage|scratches) (?:in|from|on) (?:\w+ ){0,2}(?:images|photos|pictures)",
}
_WORKLOADS = {
    "batch": r"batch(?:es)?(?: (?:scoring|jobs?|predictions?|inference))?|nightly|overnight|(?:every"
    r"|each) (?:night|morning)"
    r"|once (?:a|per) (?:day|week|night)|(?:every|each) (?:monday|tuesday|wednesday|thursday|friday|weekend|week)"
    r"|(?:daily|weekly|hourly|monthly) (?:scores?|scoring|predictions?|lists?|forecasts?|reports?|runs?|jobs?|batch)",
    "online": r"(?<!near )(?<!near-)real[- ]?time(?! (?:stream|event|feed|data feed))|online (?:predictions?"
    r"|inference|scoring|serving|service|endpoint|API)"
    r"|(?:REST |HTTP |prediction |scoring |public |internal )(?:API|endpoint|service)|synchronous(?:ly)?|at checkout"
    r"|on demand predictions?|while (?:the|a|their) \w+ (?:waits|is waiting)|per request|on request"
    r"|(?<=[(,] )online(?=[,)])|(?<=\()online(?=[,)])|(?:clients?|apps?|servers?|shop|site) calls? (?:us|it|our)",
    "streaming": r"streaming(?! (?:service|platform|video|company|provider|app|site|music|subscribers|media|business))"
    r"|(?:event|click|data|sensor|real-time|realtime) ?streams?|event[- ]driven|as (?:events|messages"
    r"|transactions|readings)"
    r" (?:arrive|come in|happen|flow)|as they (?:arrive|come in|happen)|(?:as|in) a stream|stream of"
    r"|(?:for|on) (?:each|every) (?:event|message|reading)|near[- ]real[- ]time",
}
_DEPLOYMENT = {
    "serverless": r"serverless|nothing to operate|no servers(?: to (?:run|manage|operate))?",
    "containers": r"containers?|containeri[sz]ed|docker",
    "kubernetes": r"kubernetes|k8s|EKS|GKE|AKS",
}
_DOMAINS = {
    "telecom": r"telecoms?|telco|mobile (?:operator|carrier)|broadband provider",
    "retail": r"retail(?:er)?|supermarkets?|grocery|grocer|retail stores|(?<!online )(?<!web )(?<!feature )(?<!app )(?:shops|stores)",
    "e-commerce": r"e-?commerce|online (?:shop|store|retailer|marketplace)|web ?shop",
    "banking": r"bank(?:ing)?|lenders?|fintech|credit union|mortgages?|loans?",
    "insurance": r"insurance|insurer",
    "healthcare": r"health ?care|hospitals?|clinics?|pharma\w*",
    "manufacturing": r"manufactur(?:ing|er)|factor(?:y|ies)|production lines?",
    "logistics": r"logistics|shipping|couriers?|freight|parcels?|deliver(?:y|ies) company",
    "energy": r"energy|utility company|power (?:grid|plants?)|wind (?:farms?|turbines?)|solar",
    "media": r"media|news(?:paper| site)?|publisher|(?:next |which )?videos?(?: platform)?|music streaming|streaming (?:service|platform"
    r"|video)",
    "gaming": r"gaming|games? studio|mobile games?",
    "travel": r"travel|airlines?|hotels?|booking site",
    "advertising": r"advertis(?:ing|er)|ad ?tech",
    "real-estate": r"real[ -]estate|property (?:listings?|portal)",
    "education": r"education|universit(?:y|ies)|ed ?tech|students",
    "software": r"SaaS|software (?:company|vendor|house)",
    "government": r"municipal\w*|city council|public sector|government(?:al)?|ministry|tax office",
    "agriculture": r"agricultur\w+|farming|crops?",
}
_TABLES: Mapping[str, Mapping[str, str]] = {
    "cloud": _CLOUDS,
    "compliance": _LAWS,
    "data_classification": _DATA,
    "project.problem": _PROBLEMS,
    "workload_types": _WORKLOADS,
    "deployment_pref": _DEPLOYMENT,
    "project.domain": _DOMAINS,
}
_CASED = frozenset({"phi", "pci", "rag"})
"""Values whose short words (PHI, PANs, RAG) count in capitals only."""


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the tables."""
    return tuple(
        (key, value, _compiled(value, words)) for key, table in _TABLES.items() for value, words in table.items()
    )


def _compiled(value: str, words: str) -> re.Pattern[str]:
    pattern = rf"(?<![\w-])(?:{words})(?![\w])"
    if value in _CASED:
        pattern = pattern.replace("PHI|", "(?-i:PHI)|").replace("|PANs", "|(?-i:PANs)").replace("RAG|", "(?-i:RAG)|")
    return re.compile(pattern, re.IGNORECASE)


TOOLS: Mapping[str, str] = {
    "python": r"Python", "java": r"Java(?!Script)", "scala": r"Scala", "go": r"Golang", "typescript": r"TypeScript",
    "javascript": r"JavaScript", "kotlin": r"Kotlin", "rust": r"Rust", "sql": r"SQL", "terraform": r"Terraform",
    "docker": r"Docker", "kubernetes": r"Kubernetes|k8s", "eks": r"EKS", "gke": r"GKE", "aks": r"AKS", "spark": r"(?:Py)?Spark",
    "airflow": r"Airflow", "dbt": r"dbt", "mlflow": r"MLflow", "pandas": r"pandas", "pytorch": r"PyTorch",
    "scikit-learn": r"scikit-learn|sklearn", "tensorflow": r"TensorFlow", "github-actions": r"GitHub Actions",
    "gitlab-ci": r"GitLab(?: CI)?", "jenkins": r"Jenkins", "s3": r"(?:Amazon )?S3", "redshift": r"Redshift",
    "snowflake": r"Snowflake", "databricks": r"Databricks", "bigquery": r"BigQuery", "kafka": r"Kafka",
    "kinesis": r"Kinesis", "postgres": r"Postgres(?:QL)?", "mysql": r"MySQL", "dynamodb": r"DynamoDB",
    "redis": r"Redis", "lambda": r"Lambda", "sagemaker": r"SageMaker", "vertex-ai": r"Vertex AI",
    "glue": r"AWS Glue", "synapse": r"Synapse", "grafana": r"Grafana", "prometheus": r"Prometheus",
    "cloudwatch": r"CloudWatch", "datadog": r"Datadog", "splunk": r"Splunk", "evidently": r"Evidently",
    "elasticsearch": r"Elasticsearch",
}  # fmt: skip
"""Tools by the name the schema's free lists use, and how people write them."""
LANGUAGES = frozenset({"python", "java", "scala", "go", "typescript", "javascript", "kotlin", "rust"})
SOURCES = frozenset(
    {"s3", "kafka", "kinesis", "postgres", "mysql", "snowflake", "bigquery", "redshift", "dynamodb", "databricks"}
)
"""Tools that hold data: data that is in one of them shows that it exists."""
STORES: Mapping[str, str] = {"iceberg": r"(?:Apache )?Iceberg", "delta": r"Delta(?: Lake)?", "parquet": r"Parquet"}
WATCHERS = frozenset({"grafana", "prometheus", "cloudwatch", "datadog", "splunk", "evidently"})
CLOUD_OF_TOOL: Mapping[str, str] = {
    "eks": "aws", "sagemaker": "aws", "redshift": "aws", "dynamodb": "aws", "kinesis": "aws", "glue": "aws",
    "gke": "gcp", "bigquery": "gcp", "vertex-ai": "gcp", "aks": "azure", "azure-ml": "azure", "synapse": "azure",
}  # fmt: skip
"""Tools that exist in one cloud only, so that naming one names the cloud."""


@cache
def tools_pattern() -> re.Pattern[str]:
    """All tools, each as a group of its own name."""
    named = "|".join(f"(?P<t{index}>{words})" for index, words in enumerate(TOOLS.values()))
    return re.compile(rf"(?<![\w-])(?:{named})(?![\w-])", re.IGNORECASE)


def tool_of(match: re.Match[str]) -> str:
    """The name of the tool that a match of `tools_pattern` stands for."""
    return list(TOOLS)[int((match.lastgroup or "t0")[1:])]
