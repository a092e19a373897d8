"""What Python a model may write: functions that compute from what they are given, and nothing that reaches beyond.

Everything that is not known to be harmless is refused: modules, their members and builtins by lists of what may be used; members of
values, which no list can hold, by what must not be. What is refused here is a rule for text that people will review, not a sandbox:
mlwright itself never runs it.
"""

import ast
import builtins
import re
from collections.abc import Collection, Iterator
from typing import Final

from agents.domain.points import ExtensionPoint

_BUILTINS: Final = frozenset(
    re.findall(
        r"\w+",
        "abs all any bool dict divmod enumerate filter float frozenset int isinstance len list map max min pow range repr reversed"
        " round set slice sorted str sum tuple zip"
        " ArithmeticError IndexError KeyError OverflowError TypeError ValueError ZeroDivisionError",
    )
)
_MODULES: Final = {
    "datetime": "UTC date datetime time timedelta timezone",
    "math": "acos asin atan atan2 ceil comb copysign cos degrees dist e exp expm1 fabs floor fmod fsum gcd hypot inf isclose isfinite"
    " isinf isnan log log10 log1p log2 nan pi pow prod radians sin sqrt tan tau trunc",
    "re": "IGNORECASE Pattern compile escape findall fullmatch match search split sub",
    "statistics": "fmean mean median mode pstdev quantiles stdev",
    "numpy": "abs absolute all any arange arctan2 argmax argmin argsort array asarray average bincount bool_ ceil clip concatenate"
    " corrcoef cos count_nonzero cumprod cumsum deg2rad diff digitize divide dtype e equal exp expm1 flatnonzero float32 float64 floating"
    " floor full full_like hypot inf int32 int64 integer interp isclose isfinite isin isinf isnan linspace log log10 log1p log2"
    " logical_and logical_not logical_or max maximum mean median min minimum mod multiply nan nan_to_num nanmax nanmean nanmedian nanmin"
    " nanquantile nanstd nansum ndarray nonzero number ones ones_like percentile pi power prod quantile radians repeat round"
    " searchsorted select sign sin sort sqrt square std subtract sum tan tile unique var where zeros zeros_like",
    "pandas": "Categorical CategoricalDtype DataFrame DateOffset Index Interval IntervalIndex MultiIndex NA NaT NamedAgg Series Timedelta"
    " Timestamp concat cut date_range factorize get_dummies isna merge merge_asof notna qcut to_datetime to_numeric to_timedelta unique",
}  # fmt: skip
"""What may be imported, and what of it may be used."""
_DISTRIBUTIONS: Final = {"numpy": "numpy", "pandas": "pandas"}
"""Modules that are there only if the repository's lock has the distribution."""
_REFUSED_MEMBER: Final = re.compile(
    r"_.*|read_.*|parse_.*|model_.*|construct|from_orm"
    r"|to_(?!(?:numpy|list|dict|frame|datetime|numeric|timedelta|period|timestamp|records|series)$).*"
    r"|eval|exec|query|format|format_map|dumps?|loads?|load.*|save.*|tofile|fromfile|open|system|popen|spawn.*|fork"
    r"|os|sys|io|subprocess|builtins|importlib|socket|shutil|pathlib|core|lib|ctypes|base|data|attrs|flags|plot|style|hist|boxplot|pipe|info|now|today|utcnow|sample|random|shuffle"
)
_BY_NAME: Final = frozenset(("agg", "aggregate", "apply", "transform"))
"""Methods of pandas that call another method by its name."""
_CLOCK: Final = frozenset(("now", "today"))
"""What pandas takes for the time at which it is asked."""
_AGGREGATES: Final = frozenset(
    ["count", "first", "last", "max", "mean", "median", "min", "nunique", "size", "std", "sum", "var"]
)
_REFUSED_NODES: Final = {
    ast.AsyncFor: "async code",
    ast.AsyncFunctionDef: "async code",
    ast.AsyncWith: "async code",
    ast.Await: "async code",
    ast.ClassDef: "a class",
    ast.Delete: "del",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.While: "a while loop, which may never end",
    ast.With: "with",
    ast.Match: "match",
}


def python_fault(point: ExtensionPoint, text: str, locked: Collection[str]) -> str:
    """What is wrong with `text` at that point; "" if nothing is. `locked` are the distributions of the repository's lock."""
    try:
        tree, own = ast.parse(text), ast.parse(point.text)
        around = ast.parse(point.filled(""))
        ast.parse(point.filled(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        return f"is no Python that stands by itself: {getattr(error, 'msg', type(error).__name__)}{line}"
    modules = _imported(around)
    faults = (*_top(tree, own, around, point), *_members(tree, modules, locked))
    return next(iter(faults), "")


def _top(tree: ast.Module, own: ast.Module, around: ast.Module, point: ExtensionPoint) -> Iterator[str]:
    """Only functions, constants and imports; the declared functions with their signatures; no name that the file has already."""
    made: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names = [node.name]
            if not all(_literal(value) for value in (*node.args.defaults, *filter(None, node.args.kw_defaults))):
                yield f"computes a default (line {node.lineno}), which runs when the file is imported"
        elif (
            isinstance(node, ast.Assign)
            and all(isinstance(target, ast.Name) for target in node.targets)
            and _literal(node.value)
        ):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield f"imports at its top (line {node.lineno}); import inside the function that needs it"
            continue
        else:
            yield f"holds more than functions and constants at its top (line {node.lineno})"
            continue
        for name in names:
            if name in made:
                yield f"makes {name} twice"
            made[name] = node
    taken = sorted(made.keys() & _names(around))
    if taken:
        yield f"makes {taken[0]}, which the file has already"
    before = {node.name: node for node in own.body if isinstance(node, ast.FunctionDef)}
    for name in point.declared.defines:
        found = made.get(name)
        if not isinstance(found, ast.FunctionDef):
            yield f"must define {name}"
        elif _signature(found) != _signature(before[name]):
            yield f"must keep the signature of {name}: {ast.unparse(before[name].args)}"
    loud = [name for name in made if name not in point.declared.defines and not name.startswith("_")]
    if loud:
        yield f"makes {loud[0]}; helpers begin with an underscore"


def _signature(node: ast.FunctionDef) -> str:
    returns = ast.dump(node.returns) if node.returns is not None else ""
    return f"{ast.dump(node.args)} {returns} {[ast.dump(item) for item in node.decorator_list]}"


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _names(tree: ast.Module) -> set[str]:
    """Names that a file has at its top."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        else:
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found


def _imported(tree: ast.AST) -> dict[str, str]:
    """Names that stand for modules, and for which."""
    return {
        alias.asname or alias.name.partition(".")[0]: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def _members(tree: ast.Module, around: dict[str, str], locked: Collection[str]) -> Iterator[str]:
    modules = {**around, **_imported(tree)}
    inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        why = _node_fault(node, modules, locked)
        if not why and isinstance(node, ast.Name) and node.id in modules and id(node) not in inside:
            why = f"{node.id} as a value"
        if why:
            yield f"uses {why} (line {getattr(node, 'lineno', 1)}), which is not allowed here"


def _node_fault(node: ast.AST, modules: dict[str, str], locked: Collection[str]) -> str:
    if type(node) in _REFUSED_NODES:
        return _REFUSED_NODES[type(node)]
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        return "a decorator"
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _import_fault(node, locked)
    if isinstance(node, ast.Name):
        foreign = node.id.startswith("__") or (node.id in dir(builtins) and node.id not in _BUILTINS)
        return node.id if foreign or (node.id in modules and not isinstance(node.ctx, ast.Load)) else ""
    if isinstance(node, ast.Attribute):
        return _attribute_fault(node, modules)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "a string with two underscores" if "__" in node.value else "the clock" if node.value in _CLOCK else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _BY_NAME:
        return _by_name_fault(node, node.func.attr)
    return ""


def _import_fault(node: ast.Import | ast.ImportFrom, locked: Collection[str]) -> str:
    names = [node.module or "."] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for name in names:
        lacking = name in _DISTRIBUTIONS and _DISTRIBUTIONS[name] not in locked
        if name not in _MODULES or lacking or (isinstance(node, ast.ImportFrom) and node.level):
            return f"the module {name}"
    if isinstance(node, ast.ImportFrom):
        members = _MODULES[names[0]].split()
        return next((f"{names[0]}.{alias.name}" for alias in node.names if alias.name not in members), "")
    return ""


def _attribute_fault(node: ast.Attribute, modules: dict[str, str]) -> str:
    if isinstance(node.value, ast.Name) and node.value.id in modules:
        module = modules[node.value.id]
        known = _MODULES.get(module, "").split()
        return "" if node.attr in known else f"{module}.{node.attr}"
    if isinstance(node.ctx, ast.Store | ast.Del):
        return f"an assignment to .{node.attr}"
    return f".{node.attr}" if _REFUSED_MEMBER.fullmatch(node.attr) else ""


def _by_name_fault(node: ast.Call, method: str) -> str:
    """These call by name whatever they are told: only a function on the spot, or the name of an aggregate."""
    first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("func", "arg")), None)
    named = isinstance(first, ast.Constant) and first.value in _AGGREGATES
    return (
        ""
        if named or isinstance(first, ast.Lambda)
        else f".{method} with other than a lambda or the name of an aggregate"
    )
