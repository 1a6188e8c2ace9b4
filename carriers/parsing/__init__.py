"""Reading what carriers send: JSON of any shape, XML as the same, times, countries, rows of scans. Pure, and total where it can be."""

from carriers.parsing.countries import alpha_3, country
from carriers.parsing.scans import Meaning, back_at_sender, code_table, in_order, last_known, meaning
from carriers.parsing.times import clock, date_of, moment, offset, stamp, window, with_zone, zone_between
from carriers.parsing.values import MAX_TEXT, dig, first_text, load_json, record, records, text
from carriers.parsing.xml import content_text, find_element, load_xml, write_xml

__all__ = [
    "MAX_TEXT",
    "Meaning",
    "alpha_3",
    "back_at_sender",
    "clock",
    "code_table",
    "content_text",
    "country",
    "date_of",
    "dig",
    "find_element",
    "first_text",
    "in_order",
    "last_known",
    "load_json",
    "load_xml",
    "meaning",
    "moment",
    "offset",
    "record",
    "records",
    "stamp",
    "text",
    "window",
    "with_zone",
    "write_xml",
    "zone_between",
]
