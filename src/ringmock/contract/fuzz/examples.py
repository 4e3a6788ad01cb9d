"""The contract's examples with an account's values: they ground calls that no hook reaches."""

from typing import Any

from .grounding import Grounding

Object = dict[str, Any]


def with_examples(contract: Object, account: Grounding) -> None:
    """Replace the contract's examples by the account's own numbers and ids."""
    schemas, parameters = contract["components"]["schemas"], contract["components"]["parameters"]
    for name in ("CreateSMSMessage", "CreateMMSMessage"):
        _ground_sms(schemas[name]["properties"], account)
    if account.a2p_from:
        for name in ("MessageBatchCreateRequest", "OptOutBulkAssignRequest"):
            schemas[name]["properties"]["from"]["example"] = account.a2p_from[0]
    _ground_pager(schemas, account)
    _ground_assignment(schemas["BulkAssignItem"]["properties"], account)
    _ground_members(schemas["CallQueueBulkAssignResource"]["properties"], account)
    if account.departments:
        parameters["groupId"]["example"] = account.ids[account.departments[0]]
    if account.message_id is not None:
        parameters["messageId"]["example"] = account.message_id
        if account.generation == "current":
            _attachment_parameter(contract)["example"] = account.message_id
    if account.webhook is not None:
        mode = schemas["NotificationDeliveryModeRequest"]["properties"]
        mode["address"]["example"] = account.webhook
    _ground_requests(contract, account)
    _ground_reply(contract)


def _ground_sms(properties: Object, account: Grounding) -> None:
    if account.sms_from:
        properties["from"]["properties"]["phoneNumber"]["example"] = account.sms_from[0]
    properties["to"]["items"]["properties"]["phoneNumber"]["example"] = account.sms_to[0][0]


def _ground_pager(schemas: Object, account: Grounding) -> None:
    sender = schemas["CreateInternalTextMessageRequest"]["properties"]["from"]["properties"]
    sender["extensionNumber"]["example"], sender["extensionId"]["example"] = account.number, account.id
    recipient = schemas["PagerCallerInfoRequest"]["properties"]
    number = account.page_to[0][0]
    recipient["extensionNumber"]["example"], recipient["extensionId"]["example"] = number, account.ids[number]
    if account.message_id is not None:
        schemas["CreateInternalTextMessageRequest"]["properties"]["replyOn"]["example"] = int(account.message_id)


def _ground_assignment(properties: Object, account: Grounding) -> None:
    if not (account.departments and account.may_join):
        return
    properties["departmentId"]["example"] = account.ids[account.departments[0]]
    _ground_members(properties, account)


def _ground_members(properties: Object, account: Grounding) -> None:
    if not account.may_join:
        return
    for name in ("addedExtensionIds", "removedExtensionIds"):
        properties[name]["items"]["example"] = account.ids[account.may_join[0]]


def _attachment_parameter(contract: Object) -> Object:
    extension = "/restapi/v1.0/account/{accountId}/extension/{extensionId}"
    operation = contract["paths"][f"{extension}/message-store/{{messageId}}/content/{{attachmentId}}"]["get"]
    found: Object = next(p for p in operation["parameters"] if p.get("name") == "attachmentId")
    return found


def _ground_reply(contract: Object) -> None:
    """A reply that follows the link of a page has its body alone: recipients of another page are not in the thread."""
    page = contract["paths"]["/restapi/v1.0/account/{accountId}/extension/{extensionId}/company-pager"]["post"]
    page["responses"]["200"]["links"]["Reply"]["x-schemathesis"] = {"merge_body": False}


def _ground_requests(contract: Object, account: Grounding) -> None:
    extension = "/restapi/v1.0/account/{accountId}/extension/{extensionId}"
    sms = contract["paths"][f"{extension}/sms"]["post"]["requestBody"]["content"]["application/json"]
    for example in sms["examples"].values():
        if account.sms_from:
            example["value"]["from"] = {"phoneNumber": account.sms_from[0]}
        example["value"]["to"] = [{"phoneNumber": account.sms_to[0][0]}]
    for path in ("batches", "opt-outs/bulk-assign"):
        bulk = contract["paths"][f"/restapi/v1.0/account/{{accountId}}/a2p-sms/{path}"]["post"]["requestBody"]
        for example in bulk["content"]["application/json"]["examples"].values():
            if account.a2p_from:
                example["value"]["from"] = account.a2p_from[0]
    if account.webhook is not None:
        subscribe = contract["paths"]["/restapi/v1.0/subscription"]["post"]["requestBody"]["content"][
            "application/json"
        ]
        for example in subscribe["examples"].values():
            example["value"]["deliveryMode"]["address"] = account.webhook
    page = contract["paths"][f"{extension}/company-pager"]["post"]["requestBody"]["content"]["application/json"]
    for example in page["examples"].values():
        example["value"]["from"] = {"extensionNumber": account.number}
        example["value"]["to"] = [{"extensionNumber": number} for number in account.page_to[0]]
