"""How the names of the source are written in formulas."""

import re

_SYMBOLS = {
    "mean": r"\mu",
    "running_mean": r"\mu_{\mathrm{running}}",
    "var": r"\sigma^2",
    "running_var": r"\sigma^2_{\mathrm{running}}",
    "xhat": r"\hat{x}",
    "gamma": r"\gamma",
    "beta": r"\beta",
    "eps": r"\epsilon",
    "epsilon": r"\epsilon",
    "logp": r"\log p",
    "reg": r"\lambda",
    "weight_decay": r"\lambda",
    "learning_rate": r"\eta",
    "momentum": r"\rho",
    "decay_rate": r"\rho",
    "mhat": r"\hat{m}",
    "vhat": r"\hat{v}",
    "dw": r"\mathrm{d}w",
    "next_w": r"w_{\mathrm{next}}",
    "data_loss": r"\mathrm{loss}_{\mathrm{data}}",
}


def latex(name: str) -> str:
    """The LaTeX symbol of a variable: xhat1 and \\hat{x}_1, m_before and m_{before}, out and \\mathrm{out}."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if match := re.fullmatch(r"(\w+?)_before|([a-zA-Z]+?)(\d+)", name):
        before, base, number = match.groups()
        return rf"{latex(before)}_{{\mathrm{{before}}}}" if before else f"{latex(base)}_{number}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"
