"""What the parser of the command line says of arguments it cannot use, in Chinese too."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from gridgis.languages import Language, Words

CHINESE: Mapping[str, str] = {
    r"No such option:? '?(?P<name>[^' ]+?)'?\.?(?P<rest>\s.*)?": "没有 {name} 这个选项{rest}",
    r"No such command '(?P<name>.+?)'\.?(?P<rest>\s.*)?": "没有“{name}”这个命令{rest}",
    r"Option '(?P<name>.+)' does not take a value\.": "选项 {name} 不带值",
    r"Option '(?P<name>.+)' requires an argument\.": "选项 {name} 要带一个值",
    r"Option '(?P<name>.+)' requires (?P<count>\d+) arguments\.": "选项 {name} 要带{count}个值",
    r"Missing option '(?P<name>[^']+)'.*": "缺少选项 {name}",
    r"Missing argument '(?P<name>[^']+)'.*": "缺少参数 {name}",
    r"Missing command\.": "缺少命令",
    r"Got unexpected extra arguments? \((?P<name>.+)\)": "多出了参数“{name}”",
    r"'(?P<value>.*)' is not one of (?P<choices>.+)\.": "“{value}”不在可选范围内：{choices}",
    r"'(?P<value>.*)' is not a valid (?:integer|integer range)\.": "“{value}”不是整数",
    r"'(?P<value>.*)' is not a valid (?:float|float range)\.": "“{value}”不是数字",
    r"(?P<value>.+) is not in the range (?P<range>.+)\.": "{value}超出范围{range}",
    r"(?:File|Path|Directory) '(?P<name>.+)' does not exist\.": "“{name}”不存在",
    r"File '(?P<name>.+)' is a directory\.": "“{name}”是文件夹，不是文件",
    r"Directory '(?P<name>.+)' is a file\.": "“{name}”是文件，不是文件夹",
    r"(?:\s*)\(?(?:Did you mean|Possible options:) ?(?:one of: )?(?P<names>[^?)]+)[?)]*": "；是否指 {names}？",
}
"""What the parser says, as a pattern -> the same in Chinese; what is not here is shown as the parser says it."""


def show_usage_error(error: click.ClickException, language: Language) -> None:
    """Print, on standard error, how the command is used and what was wrong with it."""
    if language == "en":
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(re.sub(r"^Usage: ", "用法：", context.get_usage()), err=True)
        if context.help_option_names:
            click.echo(f"说明见“{context.command_path} {context.help_option_names[0]}”。\n", err=True)
    click.echo(f"错误：{_in_chinese(error)}", err=True)


def _in_chinese(error: click.ClickException) -> str:
    if not isinstance(error, click.BadParameter) or isinstance(error, click.MissingParameter):
        return _translated(error.format_message())
    said = error.message.to("zh") if isinstance(error.message, Words) else _translated(error.message)
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else None)
    names = "、".join(hint) if isinstance(hint, tuple | list) else str(hint or "").replace("'", "")
    return f"{names} 的值无效：{said}" if names else f"值无效：{said}"


def _translated(text: str) -> str:
    for pattern, chinese in CHINESE.items():
        if found := re.fullmatch(pattern, text, re.DOTALL):
            values = {name: value or "" for name, value in found.groupdict().items()}
            for name in values.keys() & {"names", "choices"}:
                values[name] = values[name].replace("'", "").replace(", ", "、")
            return chinese.format(**{name: _translated(v) if name == "rest" else v for name, v in values.items()})
    return text
