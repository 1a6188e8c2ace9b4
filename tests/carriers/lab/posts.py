"""How the carriers that only track are asked about a number."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.test import Client, TestResponse

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.wire import xml

_DPD = "http://dpd.com/common/service/types"


def auth(carrier: str, **instead: str) -> dict[str, str]:
    """Headers of somebody whom a carrier knows, or of somebody who is nearly him."""
    given = {**LAB_CREDENTIALS[carrier], **instead}
    if carrier == "royal_mail":
        names = {"client_id": "X-IBM-Client-Id", "client_secret": "X-IBM-Client-Secret"}
        return {names[name]: value for name, value in given.items()} | {"X-Accept-RMG-Terms": "yes"}
    if carrier == "australia_post":
        pair = base64.b64encode(f"{given['api_key']}:{given['password']}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Account-Number": given["account_number"]}
    return {{"la_poste": "X-Okapi-Key", "postnl": "apikey"}[carrier]: given["api_key"]}


def soap(body: str, header: str = "", space: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    head = f"<e:Header>{header}</e:Header>" if header else ""
    return f'<e:Envelope xmlns:e="{space}">{head}<e:Body>{body}</e:Body></e:Envelope>'.encode()


def dpd_login(http: Client, **instead: str) -> TestResponse:
    given = {**LAB_CREDENTIALS["dpd"], **instead}
    facts = f"<delisId>{given['delis_id']}</delisId><password>{given['password']}</password>"
    asked = f'<l:getAuth xmlns:l="{_DPD}/LoginService/2.1">{facts}<messageLanguage>en_EN</messageLanguage></l:getAuth>'
    return http.post("/dpd/soap/services/LoginService/V2_1", data=soap(asked), content_type="text/xml")


def dpd_track(http: Client, number: str, token: str) -> TestResponse:
    user = f"<delisId>{LAB_CREDENTIALS['dpd']['delis_id']}</delisId><authToken>{token}</authToken>"
    header = f'<a:authentication xmlns:a="{_DPD}/Authentication/2.0">{user}</a:authentication>'
    asked = (
        f'<p:getTrackingData xmlns:p="{_DPD}/ParcelLifeCycleService/2.0">'
        f"<parcelLabelNumber>{escape(number)}</parcelLabelNumber></p:getTrackingData>"
    )
    data = soap(asked, header)
    return http.post("/dpd/soap/services/ParcelLifeCycleService/V2_0", data=data, content_type="text/xml")


def russian_post(http: Client, number: str, language: str = "RUS", **instead: str) -> TestResponse:
    given = {**LAB_CREDENTIALS["russian_post"], **instead}
    asked = (
        '<o:getOperationHistory xmlns:o="http://russianpost.org/operationhistory" '
        'xmlns:d="http://russianpost.org/operationhistory/data"><d:OperationHistoryRequest>'
        f"<d:Barcode>{escape(number)}</d:Barcode><d:MessageType>0</d:MessageType><d:Language>{language}</d:Language>"
        f"</d:OperationHistoryRequest><d:AuthorizationHeader><d:login>{given['login']}</d:login>"
        f"<d:password>{given['password']}</d:password></d:AuthorizationHeader></o:getOperationHistory>"
    )
    data = soap(asked, space="http://www.w3.org/2003/05/soap-envelope")
    return http.post("/russian_post/rtm34", data=data, content_type="application/soap+xml")


def _get(carrier: str, path: str) -> Callable[[Any, str], TestResponse]:
    def ask(caller: Any, number: str) -> TestResponse:
        found: TestResponse = caller.http.get(f"/{carrier}{path.format(number)}", headers=auth(carrier))
        return found

    return ask


def _dpd(caller: Any, number: str) -> TestResponse:
    login = xml.find(xml.read(dpd_login(caller.http).data), "Body", "getAuthResponse", "return")
    return dpd_track(caller.http, number, xml.text(login, "authToken"))


TRACK: dict[str, Callable[[Any, str], TestResponse]] = {
    "royal_mail": _get("royal_mail", "/mailpieces/v2/{}/events"),
    "australia_post": _get("australia_post", "/shipping/v1/track?tracking_ids={}"),
    "la_poste": _get("la_poste", "/suivi/v2/idships/{}?lang=en_GB"),
    "postnl": _get("postnl", "/shipment/v2/status/barcode/{}?detail=true&language=EN"),
    "dpd": _dpd,
    "russian_post": lambda caller, number: russian_post(caller.http, number),
}
