"""Mutants that no check can notice, each with the reason."""

from collections.abc import Mapping

EQUIVALENT: Mapping[str, str] = {
    "http/operations/batch.py preferred_media_type: number by one: return max(named, key=lambda pair: pair[0],"
    " default=([0.0], MIXED))[1] -> 1.0": "the weight of the default is not read",
    "http/operations/messages.py create_internal_text_message: default: return"
    " Answer([wire.message_resource(sent.message, view_of(call), just_sent=True)])"
    " -> wire.message_resource(sent.message, view_of(call), )": "the status of a page never changes",
    "domain/message_sync.py _of_distinct_conversations: boolean: eplace(frame, conversation_id=conversation_id,"
    " distinct_conversations=[False]) -> True": "the newest message of one conversation is the same either way",
}
