"""GitHub's Markdown: tables, task lists, alerts, folds, highlighted code, mermaid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from bot.sandbox.github.pages.sanitize import ID_PREFIX, sanitize

ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)")
HIGHLIGHTED_BYTES = 200_000
_FORMATTER = HtmlFormatter(nowrap=True)


def render(text: str | None, base: str = "/") -> Markup:
    """Harmless HTML of a Markdown text; relative links are resolved against the path `base`."""
    return Markup(sanitize(_MARKDOWN.render(text or ""), base))


def highlighted(code: str, path: str) -> list[Markup]:
    """The lines of a file, coloured by the kind that its name tells."""
    try:
        if len(code) > HIGHLIGHTED_BYTES:
            raise ClassNotFound("too long")
        html = highlight(code, get_lexer_for_filename(path, stripnl=False, ensurenl=False), _FORMATTER)
    except ClassNotFound:
        html = escape(code, quote=False)
    return [Markup(line) for line in _whole_lines(html)]


def _whole_lines(html: str) -> list[str]:
    """Split at line ends, so that no span crosses a line."""
    lines, carried = [], ""
    for line in html.split("\n"):
        whole = carried + line
        opened = re.findall(r"<span[^>]*>", whole)
        unclosed = opened[len(opened) - (len(opened) - whole.count("</span>")) :]
        carried = "".join(unclosed)
        lines.append(whole + "</span>" * len(unclosed))
    return lines[:-1] if lines and not lines[-1] else lines


def _alerts(state: StateCore) -> None:
    """Turn `> [!NOTE]` into a titled box."""
    for position, token in enumerate(state.tokens):
        inline = state.tokens[position + 2] if position + 2 < len(state.tokens) else None
        if token.type != "blockquote_open" or inline is None or inline.type != "inline":
            continue
        found = ALERT.match(inline.content)
        if found:
            kind = found.group(1).lower()
            token.tag = "div"
            token.attrs["class"] = f"markdown-alert markdown-alert-{kind}"
            inline.content = f"**{kind.title()}**  \n" + inline.content[found.end() :]
            depth = token.level
            for later in state.tokens[position:]:
                if later.type == "blockquote_close" and later.level == depth:
                    later.tag = "div"
                    break


def _fence(self: RendererHTML, tokens: Sequence[Token], position: int, options: OptionsDict, env: object) -> str:
    token = tokens[position]
    language = token.info.split()[0] if token.info.strip() else ""
    if language == "mermaid":
        return f'<pre class="mermaid"><code>{escape(token.content)}</code></pre>\n'
    try:
        if len(token.content) > HIGHLIGHTED_BYTES:
            raise ClassNotFound("too long")
        code = highlight(token.content, get_lexer_by_name(language, stripnl=False), _FORMATTER)
    except ClassNotFound:
        code = escape(token.content)
    return f'<pre class="highlight"><code>{code}</code></pre>\n'


def _slug(title: str) -> str:
    return ID_PREFIX + re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "breaks": False}).enable(["table", "strikethrough"])
    markdown.use(tasklists_plugin).use(anchors_plugin, max_level=6, slug_func=_slug)
    markdown.core.ruler.after("block", "alerts", _alerts)
    markdown.add_render_rule("fence", _fence)
    return markdown


_MARKDOWN = _build()
