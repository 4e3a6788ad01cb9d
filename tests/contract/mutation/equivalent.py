"""Mutants that no check can notice, and those that no answer of the vendor's API shows, by the reason."""
# ruff: noqa: E501

from collections.abc import Mapping, Sequence


def _by_mutant(by_reason: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {mutant: reason for reason, mutants in by_reason.items() for mutant in mutants}


EQUIVALENT: Mapping[str, str] = _by_mutant(
    {
        "the weight of the default is not read": (
            "http/operations/batch.py preferred_media_type: number by one: return max(named, key=lambda pair: pair[0], default=([0.0], MIXED))[1] -> 1.0",
        ),
        "the newest message of one conversation is the same either way": (
            "domain/message_sync.py _of_distinct_conversations: boolean: eplace(frame, conversation_id=conversation_id, distinct_conversations=[False]) -> True",
        ),
        "the origin that all orders are counted from is in none of their comparisons": (
            "domain/message_index.py module: number by one: _EPOCH = datetime(1970, [1], 1, tzinfo=UTC) -> 2",
        ),
        "how a file is packed: unpacked it is the same": (
            "http/wire/message_store_report.py _Archive.open: statement left out: [info.compress_type = self._compression] -> pass",
        ),
        "the text of the exception is not read": (
            "sign_in/sessions.py ScopeInvalid.__init__: statement left out: [super().__init__(value)] -> pass",
        ),
        "what is deleted is not found again": (
            "world/world.py World.deleting_messages: default: part = [replace(part, before=messages[-1].order)] -> replace(part, )",
            "world/world.py World.deleting_messages: operator: part = replace(part, before=messages[[-1]].order) -> +1",
        ),
        "what is deleted is listed by the slice, whatever the page": (
            "http/wire/messages.py filters_to_delete: default: everything = [MessageFilter( date_from=datetime.min.replace(tzinfo=UTC), date_to=...] -> MessageFilter( date_from=datetime.min.replace(tzinfo=UTC), date_to=... (4)",
        ),
        "the only call says it": (
            "domain/message_store.py InMemoryMessageStore.delete: boolean: def delete(self, message: Message, now: datetime, *, purge: bool = [False]) -> None: -> True",
        ),
        "how long what belongs to a second is remembered": (
            "domain/message_store.py module: default: _SECOND = [timedelta(seconds=1)] -> timedelta()",
        ),
    }
)

UNSEEN: Mapping[str, str] = _by_mutant(
    {
        "how much is done in one turn: all that is due is done": (
            "domain/agenda.py Agenda.due: operator: [most -= 1] -> most += 1",
            "domain/agenda.py Agenda.due: plain assignment: [most -= 1] -> most = 1",
        ),
        "what the page of event filters says": (
            'domain/event_filters.py module: boolean: h/{{batchId}}", source="guide: event filters, until 2022", has_events=[True] -> False',
        ),
        "what the control API takes of a phone outside": (
            'domain/sms.py plan_inbound_sms: statement left out: [raise errors.DuplicateValue("to", recipient)] -> pass',
            "world/world.py World.receive_sms: one branch: recipients = [(to,) if isinstance(to, str) else tuple(to)] -> (to,) if (isinstance(to, str)) and False else tuple(to)",
        ),
        "how much an advance of the clock would make happen, which the control API bounds": (
            "domain/subscription.py Subscription._due_by: operator: return 0 if since < timedelta(0) else min([since // timedelta(seconds=wanted.interval)] + 1, all_of_them) -> since / timedelta(seconds=wanted.interval)",
        ),
        "a call that names a world by a header": (
            "sign_in/log_ins.py LogIns.in_world: operator: if [session.world is world and session.access_token in self._sessions]: -> session.world is world or session.access_token in self._sessions",
        ),
        "a world of a fixture in a call of the control API": (
            "sign_in/worlds.py Worlds.new_world: one branch: generation = [self._generation if template is self.template else None] -> self._generation if (template is self.template) or True else None",
        ),
        "in which world's journal a refused call is listed": (
            "sign_in/worlds.py Worlds.known_world: keyword: is_known = client_id [in] self.by_name and self.secrets.get(client_id) == client_secret -> not in",
            "sign_in/worlds.py Worlds.known_world: operator: is_known = client_id in self.by_name and self.secrets.get(client_id)[== client_secret] -> != client_secret",
        ),
        "a world that is taken back": (
            "world/clock.py WorldClock.restart: operator: self.set([start.now or self._real_time()], frozen=start.frozen) -> start.now and self._real_time()",
        ),
        "what a phone outside receives": (
            "world/world.py World._confirm_consent: statement left out: [self.messages.send_to_handset(number, delivery.sender, answer, now)] -> pass",
        ),
        "what a server stores": (
            "world/world.py World._confirm_consent: statement left out: [self.share.add(1)] -> pass",
        ),
    }
)
"""Of files on the wire. They are pytest's to catch, as those of the files off the wire are."""
