"""Constraint files that several intake tests start from."""

FULL = b"""\
version: 1
project: {name: churn, description: Nightly churn scores, problem: binary-classification, domain: telecom}
cloud: aws
regions: [eu-west-1]
budget_band: {monthly_usd_max: 1500, target: 1100}
data_classification: pii            # public | internal | confidential | pii | phi | pci
workload_types: [batch, online]     # batch | streaming | online
sla_latency_ms: 150                 # p95 of one online prediction
availability_target: 99.9           # per cent a month
throughput: {requests_per_second: 20, events_per_second: 0, batch_gb_per_day: 12, training_rows: 2000000}
deployment_pref: serverless
team_constraints: {size: 4, languages: [python], skills: [sql, terraform]}
existing_stack: [github-actions, s3]
compliance: [gdpr]
storage_prefs: [parquet]
observability_prefs: [cloudwatch]
data:                               # what exists
  entity: subscriber_id
  label: churned
  event_time: snapshot_date
  sources:
    - {name: usage_daily, format: parquet, freshness: daily, owner: data-platform,
       columns: {subscriber_id: id, snapshot_date: date, minutes: float, plan: category, churned: bool}}
objective: {kpi: retained-revenue, baseline: 0.62, target: 0.75}
choose: {serve: aws-ecs-fargate}    # pins, optional
approval: {mode: merge, cost_ceiling_usd: 1500}
"""

MINIMAL = b"version: 1\nproject: {name: churn}\n"
PLANNABLE = MINIMAL + b"cloud: aws\nregions: [eu-west-1]\ndata_classification: internal\n"
