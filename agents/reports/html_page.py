"""A Markdown page of ours as one HTML file that needs nothing else: pictures inline, no script, light and dark."""

import re
from collections.abc import Mapping
from html import escape

STYLE = (
    ":root{color-scheme:light dark;--fg:#1f2328;--bg:#fff;--line:#d1d9e0;--soft:#f6f8fa;--link:#0969da}"
    "@media(prefers-color-scheme:dark){:root{--fg:#f0f6fc;--bg:#0d1117;--line:#3d444d;--soft:#151b23;--link:#4493f8}}"
    "body{margin:0 auto;max-width:860px;padding:32px 16px;font:16px/1.5 -apple-system,'Segoe UI',Helvetica,sans-serif;"
    "color:var(--fg);background:var(--bg)}a{color:var(--link)}h1,h2{border-bottom:1px solid var(--line);padding-bottom:.3em}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid var(--line);padding:4px 10px;"
    "text-align:left;vertical-align:top}th,code,pre{background:var(--soft)}code{padding:.1em .3em;border-radius:4px;"
    "font-size:85%}pre{padding:12px;overflow:auto}svg{max-width:100%;height:auto}nav{columns:2;font-size:14px}"
)


def html_page(title: str, markdown: str, pictures: Mapping[str, str]) -> str:
    """The page. `pictures` are inline SVG by heading: each stands right after the chapter heading that
    ends in that text.

    Raw HTML in the Markdown is shown as text (markdown-it-py with `html` off), so nothing that a name holds is executed.
    """
    from markdown_it import MarkdownIt  # 0.1 s: only where a page is written

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    body, contents = _anchored(body)
    for heading, svg in pictures.items():
        before, found, after = body.partition(f"{escape(heading)}</h2>")
        body = f"{before}{found}{svg}{after}" if found else body
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{contents}\n{body}</body></html>\n"
    )


def _anchored(body: str) -> tuple[str, str]:
    """Chapters get an id and stand in a table of contents."""
    links: list[str] = []

    def name(found: re.Match[str]) -> str:
        links.append(f'<a href="#c{len(links)}">{found[1]}</a>')
        return f'<h2 id="c{len(links) - 1}">{found[1]}</h2>'

    anchored = re.sub(r"<h2>(.*?)</h2>", name, body)
    return anchored, f"<nav>{'<br>'.join(links)}</nav>"
