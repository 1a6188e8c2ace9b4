"""A text as the words it is made of, without what its writer's keyboard decided: case, accents, kinds of quotes."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 500  # characters; what a carrier says about one scan is shorter, and the rest is not read
BREAK = "."  # stands among the words where a clause ends

# Scripts that are written without spaces, or whose endings are glued on: each character is a word of its own.
_DENSE = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+|(?<=\w{{3}})\.|[,;!?:()。、，！？；：（）।؟،—–]|\s-\s")
_WORD = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Letters that no normal form takes apart, and characters that are written in two ways, the simple one first.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
_TWO_WAYS = (
    "达達递遞离離开開运運输輸转轉送送签簽揽攬关關报報发發处處邮郵件件寄寄货貨收收进進拣揀装裝车車网網点點门門们們"
    "驿驛柜櫃领領时時间間续續终終单單号號订訂预預约約续續问問题題误誤错錯损損坏壞丢丟遗遺销銷毁毀迁遷业業务務"
    "员員户戶绝絕无無详詳联聯系係电電话話认認证證资資讯訊数數据據览覽输輸国國际際飞飛机機场場库庫仓倉拨撥"
    "扫掃暂暫滞滯扣扣边邊过過验驗税稅费費缴繳付付应應内內书書异異常常调調查查询詢纠糾变變邻鄰寻尋气氣风風"
    "龙龍台臺专專线線区區厅廳标標签籤备備包包卖賣买買换換为為钱錢贰貳层層楼樓栋棟尝嘗试試实實"
)
_LETTERS.update({ord(other): one for one, other in zip(_TWO_WAYS[::2], _TWO_WAYS[1::2], strict=True) if one != other})


def fold(text: str) -> str:
    """Lower case without marks: `Zugestellt für` and `ZUGESTELLT FUR` are the same, and so are `й` and `и`."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFKD", folded)
    bare = "".join(c for c in parts if not unicodedata.combining(c)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare)


def tokens(text: str) -> list[str]:
    """The words of a text in order, with `BREAK` where a clause ends. Reads at most `MAX_TEXT` characters.

    Names from programs count as words too: `OUT_FOR_DELIVERY`, `OutForDelivery`.
    """
    cut = text[:MAX_TEXT].strip()
    if not any(c.isspace() for c in cut):
        cut = _HUMP.sub(" ", cut)
    return [t if t.isalnum() or _WORD.fullmatch(t) else BREAK for t in _TOKEN.findall(fold(cut))]


def pieces(phrase: str) -> list[str]:
    """The words of a phrase of ours; `*` stays at the ends of a word, `_` stays alone."""
    found: list[str] = []
    for part in fold(phrase).split():
        dense = _WORD.findall(part)
        found.extend(dense if len(dense) > 1 else [part])
    return found
