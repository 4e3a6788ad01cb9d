"""Every sentence of the source page that this server implements, word for word, and the place that implements it.

The source page is RingCentral's guide "SMS and Pager Messages", quoted verbatim. The decisions answer what the page
leaves open, each with its reason.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Rule(NamedTuple):
    """`sentence` is a verbatim piece of the source page; `home` is the module or function that enforces it, under
    `ringmock`.
    """

    id: str
    sentence: str
    home: str


class Decision(NamedTuple):
    """A question that the source page leaves open, and this server's answer."""

    id: str
    question: str
    decision: str
    home: str


_UNTIL_REMOVED = (
    "Those internal message conversations are not accessible for reading or writing by users which were removed"
    " from the explicit or implicit list of recipients in this conversation."
)
_ONCE_REMOVED = (
    "Once this particular user is removed from the department, he/she is not able to reply to previous messages,"
    " nor send or receive new messages."
)

RULEBOOK = (
    Rule(
        "R-01",
        "There are two types of short text messages supported by RingCentral: SMS and Pager.",
        "domain.message.MessageType",
    ),
    Rule(
        "R-02",
        "SMS messages can be received by the extension types: User and Take Messages Only (Voicemail).",
        "domain.rules.RECEIVABLE_BY",
    ),
    Rule(
        "R-03",
        "Pager messages can be received by the extension types: User, Take Messages Only (Voicemail) and Department.",
        "domain.rules.RECEIVABLE_BY",
    ),
    Rule(
        "R-04",
        "SMS/pager message length limitation is 1000/1024 symbols encoded in 2 bytes in UTF-16.",
        "domain.rules.MAX_UTF16_UNITS",
    ),
    Rule(
        "R-05",
        "If a character is encoded in 4 bytes in UTF-16 it is treated as 2 characters,"
        " thus restricting the maximum message length to 500/512 symbols.",
        "domain.text.utf16_units",
    ),
    Rule(
        "R-06",
        "SMS messages can be sent out to or received from the handsets operated by most mobile carriers"
        " (all major US carriers are currently supported).",
        "domain.sms.route_sms",
    ),
    Rule(
        "R-07",
        "Each SMS is a peer-to-peer message from one phone number to another.",
        "domain.sms.check_recipients",
    ),
    Rule(
        "R-08",
        "Pager messages are RingCentral specific types of text messages"
        " which can be sent between extensions of one account.",
        "domain.pager.resolve_recipients",
    ),
    Rule(
        "R-09",
        "Unlike SMS, pager messages can be sent to multiple recipients,"
        " so the API allows several extension numbers in the `to` field.",
        "domain.pager.SendPager",
    ),
    Rule(
        "R-10",
        "Another difference from SMS is that the pager message that is sent to the department extension"
        " is automatically forwarded to all department members.",
        "domain.pager.fan_out",
    ),
    Rule(
        "R-11",
        "Sending SMS messages on behalf of Department extensions is allowed.",
        "domain.rules.check_sms_sender",
    ),
    Rule(
        "R-12",
        "To send an SMS message from the Department direct phone number,"
        " the user should be logged in as the department manager (with department credentials).",
        "domain.rules.check_sms_sender",
    ),
    Rule(
        "R-13",
        "When requesting a phone number list for a Department extension type,"
        " SmsSender flag set for department numbers is returned.",
        "domain.account.PhoneNumber.features",
    ),
    Rule(
        "R-14",
        "Sending pager messages on behalf of a Department is not allowed; in the case of such an attempt, the"
        " department manager is notified that sending pages is not allowed for the Department extension type.",
        "domain.rules.check_pager_sender",
    ),
    Rule(
        "R-15",
        "Sending pager/SMS messages to Disabled and Frozen extension types is not allowed.",
        "domain.account.Extension.is_active",
    ),
    Rule(
        "R-16",
        "When an SMS message is sent to a Disabled/Frozen extension, it is dropped.",
        "domain.rules.WHEN_INACTIVE",
    ),
    Rule(
        "R-17",
        "The dropped message is saved only in the sender's outbox.",
        "domain.message_store.InMemoryMessageStore.record",
    ),
    Rule(
        "R-18",
        "When the page is sent to a Disabled/Frozen extension or to the list of extensions containing at least one"
        " Disabled/Frozen extension, the server immediately responds with the `400 Bad Request` error code"
        " and the explanatory message.",
        "domain.rules.WHEN_INACTIVE",
    ),
    Rule(
        "R-19",
        "But if the page is sent to a Department extension list containing any Disabled/Frozen extensions, the error"
        " is not returned, and this pager message is received only by active extensions of the Department.",
        "domain.rules.WHEN_INACTIVE",
    ),
    Rule("R-20", _UNTIL_REMOVED, "domain.conversation.takes_part"),
    Rule(
        "R-21",
        "For example, a user extension included in a Department extension is able to participate in the Department"
        " conversation, sending and receiving messages.",
        "domain.conversation.participants",
    ),
    Rule("R-22", _ONCE_REMOVED, "domain.conversation.participants"),
    Rule(
        "R-23",
        "It means that, when somebody posts a reply to a particular conversation (by indicating `replyOn` in API"
        " requests), the server checks if the user belongs to the actual list of recipients (implicitly, through"
        " Department membership, or explicitly).",
        "domain.rules.check_thread_access",
    ),
    Rule(
        "R-24",
        "If the user does not belong to the recipient list, the server returns the 403 Forbidden error code"
        " with the appropriate logical code.",
        "http.errors.CATALOGUE",
    ),
)

DECISIONS = (
    Decision(
        "D-01",
        "Which code an over-long text gets.",
        "400 MSG-338, parameterName `text`.",
        "domain.rules.check_text_length",
    ),
    Decision(
        "D-02",
        "How the Department's manager is notified of a refused page.",
        "By the refusal: 403 MSG-330, whose message says that sending pages is not allowed for the Department"
        " extension type.",
        "domain.rules.check_pager_sender",
    ),
    Decision(
        "D-03",
        "The messageStatus of a dropped SMS.",
        "`Sent`; the journal shows the drop and R-16.",
        "domain.message_store.progress_of",
    ),
    Decision(
        "D-04",
        "Reading, updating or deleting a message of a thread that one was removed from.",
        "403 CMN-408 with permissionName: ReadMessages for reading, EditMessages for the others. Lists leave such"
        " messages out.",
        "world.world.World.read_message",
    ),
    Decision(
        "D-05",
        "A reply when an explicitly addressed participant is now Disabled or Frozen.",
        "R-18 to the letter: 400 MSG-324, and nothing is stored.",
        "domain.pager.fan_out",
    ),
    Decision(
        "D-06",
        "`to` given together with `replyOn`.",
        "The thread's participants are addressed; an entry of `to` that is none of them: 400 CMN-101 [to].",
        "domain.pager.check_in_thread",
    ),
    Decision(
        "D-07",
        "A Department without members, and one with inactive members only.",
        "400 MSG-316; 200 and everyone is skipped (R-19).",
        "domain.pager.check_addressable",
    ),
    Decision(
        "D-08",
        "NotActivated and Unassigned extensions.",
        "They receive like Enabled ones and cannot log in.",
        "domain.account.Extension.can_log_in",
    ),
    Decision(
        "D-09",
        "An SMS to a number of the account whose extension's type cannot receive SMS, or which is for faxes alone.",
        "200, messageStatus `Sent` and by the next look `DeliveryFailed`; nothing in that mailbox."
        " One that has SMS recipients gets it.",
        "domain.sms.route_sms",
    ),
    Decision(
        "D-10",
        "Phone numbers with and without `+`.",
        "Both are accepted and equal; `2012` answers without it, `current` with it.",
        "domain.account.digits_of",
    ),
    Decision(
        "D-11",
        "`replyOn` that names a message which the caller does not hold.",
        "404 CMN-102 [replyOn].",
        "domain.pager.plan_pager",
    ),
    Decision(
        "D-12",
        "An SMS to a phone that has sent STOP to the sender's number.",
        "200, then `SendingFailed` with SMS-RC-413, and nothing arrives; START from that phone to that number ends it."
        " UNSUBSCRIBE, QUIT, CANCEL and END are STOP, and SUBSCRIBE, RESUME, CONTINUE and UNSTOP are START, alone in a"
        " text of at most 1024 characters, in any case. To a group it is said to each number of the account in it.",
        "domain.carrier.carried",
    ),
    Decision(
        "D-13",
        "An SMS that a carrier profile of the fixture fails.",
        "200, then the profile's statuses at their time, the last one with its error code; nothing arrives.",
        "domain.carrier.carried",
    ),
    Decision(
        "D-14",
        "An SMS to or from a number with A2PSmsSender.",
        "To it: listed as Inbound among the high-volume messages, and in no mailbox. From it by `/sms`: 403 MSG-320.",
        "domain.sms.route_sms",
    ),
    Decision(
        "D-15",
        "Consents that an application states: of which numbers, and against what the phones say.",
        "`*` is every number that the account has then; of a pair, what was said last holds, whoever said it. A record"
        " whose `from` is no number of the account fails with CMN-102 [from], one to a number of the account with"
        " CMN-101 [to], and the others are taken.",
        "domain.consent.check_statement",
    ),
    Decision(
        "D-16",
        "Reports of the message store: how long one takes, what it has, a third one at once, an archive asked for too"
        " early.",
        "By the world's clock Pending after 1 second, InProgress after 2, Completed after 5. It has what was deleted,"
        " too, and not purged, and what comes before it is completed. While two are not completed, a third is 429"
        " CMN-304; the archive of one that is not, 404 CMN-102 [taskId].",
        "domain.message_store_report.MessageStoreReports",
    ),
    Decision(
        "D-17",
        "Status and challenge of a client that is refused (`invalid_client`): RFC 6749 has 401, the service 400.",
        "400, with the `WWW-Authenticate: Bearer` that was captured, which repeats error and description.",
        "http.oauth.challenge",
    ),
    Decision(
        "D-18",
        "The X-Rate-Limit headers of calls that are not counted, as none are by default, and of unknown paths.",
        "The group's documented limit, with all of it left; an unknown path is of the group light. None on answers of"
        " 401 and of what the service leaves unlimited. What is refused before it is routed, as a body too large, is"
        " of the group light.",
        "http.throttling.unused",
    ),
    Decision(
        "D-19",
        "When the ageing of deleted messages is seen: the guide has five days until Deleted is Purged, and five more"
        " until nothing is left, and says nothing of events.",
        "To the second, by the world's clock, counted from the deletion, for those that are purged by a call too. It"
        " makes no event; message-sync lists what is Purged, and nothing of what is gone.",
        "domain.message.next_age",
    ),
    Decision(
        "D-20",
        "After which time a thread is too old to reply in (403 MSG-325): it is not published.",
        "Never; MSG-325 is not answered.",
        "domain.pager.plan_pager",
    ),
    Decision(
        "D-21",
        "What a `scope` does: names that the service does not have, those that the application lacks, and none.",
        "An unknown name, or none left that the application has: 400 invalid_scope, with CMN-101. Else the token has"
        " what was asked for and the application has; without a name beside openid, all of that. A refresh keeps it or"
        " narrows it. WebSocketsSubscription includes WebSocket. Subscriptions need no permission of their own.",
        "sign_in.permissions.permissions_granted",
    ),
    Decision(
        "D-22",
        "Who reads, marks and deletes what the SMS recipients of a Department or a Site send and are sent there.",
        "It is in the mailbox of the Department or Site. Its SMS recipients read the SMS there, by its path, by their"
        " own, and with `owner` or `ownerExtensionType` in lists and synchronizations; by their own path they mark and"
        " delete it for all (the vendor's own client marks so). `ownerExtensionType` alone is of every `owner`."
        " Records of such a mailbox have `owner`, in both generations, and others never: clients go by that.",
        "domain.owners.Owners",
    ),
    Decision(
        "D-23",
        "What a toll-free number sends: SMS to its own country, no MMS and nothing abroad, says the guide; the text of"
        " MSG-403 is in no table.",
        "403 MSG-403 [to] to another country, 403 MSG-380 with files or to several. A fixture cannot give it more.",
        "domain.sms.check_recipients",
    ),
    Decision(
        "D-24",
        "Whose the SMS of a company number with SmsSender are: the guide has one assigned user, at first the main"
        " administrator.",
        "They are sent by, and in the mailbox of, the extension that the fixture assigns it to, else of its first"
        " administrator; to others it is somebody else's (MSG-304). It is in that user's list as Delegated.",
        "domain.account.PhoneNumber.mailbox",
    ),
    Decision(
        "D-25",
        "Which code a page to an extension that does not exist gets: a capture has CMN-102, a table MSG-316.",
        "400 CMN-102 [to]. MSG-316 is for one that cannot receive pages, and for a Department without members.",
        "domain.pager.resolve_recipients",
    ),
    Decision(
        "D-26",
        "How many recipients a page may have: no table has a limit, and no code for one.",
        "As many as it names, each once.",
        "domain.pager.resolve_recipients",
    ),
    Decision(
        "D-27",
        "From when on a synchronization without `dateFrom` is: the specification has 24 hours, the guide a week.",
        "24 hours before `dateTo`, as of a list; the `uri` of the answer says it.",
        "http.wire.message_sync.frame_from",
    ),
    Decision(
        "D-28",
        "What an SMS without text, sender or recipients gets: an old overview has MSG-224, MSG-221 and MSG-219, the"
        " tables since have CMN-101.",
        "400 with a CMN-101 for each that is missing or empty, all in one answer.",
        "http.validation.RequestSchema",
    ),
    Decision(
        "D-29",
        "How long a refresh token may live at most (2592000 seconds in the specification, the default of 604800 in the"
        " model of 2016), and what becomes of a user's sixth session in an application.",
        "604800 seconds, whoever asks for more. There are as many sessions as are opened.",
        "sign_in.sessions.DEFAULT_REFRESH_TTL",
    ),
    Decision(
        "D-30",
        "The word at the top of a refusal, `errorCode`: the specification has only `errors`, captures have a few.",
        "As captured: InvalidParameter for what is wrong in a request of 400, TokenInvalid of 401, FeatureNotAvailable,"
        " InternationalProhibited, InsufficientPermissions (CMN-401). Else the code itself.",
        "http.errors.CATALOGUE",
    ),
    Decision(
        "D-31",
        "What the service does besides, and this server does not.",
        "No text has the sandbox's prefix, and JSON no blanks; there is no header `Server` or `LocalHostInfo`. No"
        " message goes for being the 5,001st. Conversations to delete are named in the query"
        " alone, where a guide has a body of a hundred, too. Nothing in an account leads to BIL-103,"
        " MSG-243, MSG-290, MSG-309, MSG-310, MSG-314, MSG-367, MSG-383, MSG-384, MSG-388, MSG-397, ACT-340, OAU-147,"
        " OAU-167 or OAU-168.",
        "world.world.World.send_sms",
    ),
    Decision(
        "D-32",
        "What becomes of a blacklisted webhook: today's guide has the subscription suspended permanently, to be deleted"
        " and created anew; staff said in 2018 that a reconciliation every 15 minutes brings back an address that"
        " answers. How the service answers its renewal is not published.",
        "`webhooks: {blacklisting: permanent}`, the default: for good, and each renewal is 400 SUB-521 with the reason."
        " `reconciled`: every 15 minutes of the world's clock the handshake is repeated, and one that passes makes it"
        " Active again; what happened meanwhile is not delivered. A renewal counts, and its answer says Blacklisted.",
        "domain.subscription_store.SubscriptionStore",
    ),
    Decision(
        "D-33",
        "The Content-Type of a receiver's answer to the handshake: the guide requires JSON of an empty body too, and"
        " samples of the vendor's own answer without one.",
        "The guide's: SUB-525, whose message says what would pass. `webhooks: {content_type: any}` in the fixture, or"
        " `--webhook-content-type any`, takes any and none.",
        "lab.webhooks.WebHooks",
    ),
    Decision(
        "D-34",
        "Multipart requests that are not as documented: fields of a form in the place of the JSON, a file without text,"
        " transfer encodings, other media types.",
        "As browsers and mail programs mean them. `from`, `to` (once for each) and `text` may be fields, as the"
        " service's faxes have them; `text` is needed without a file only; base64 and quoted-printable are decoded, and"
        " what is not in them is 400 CMN-104. Files are known by the other names of their types (image/jpg), and where"
        " the type says nothing (application/octet-stream) by the ending of their names.",
        "domain.attachment.known_type",
    ),
    Decision(
        "D-35",
        "What an unknown resource below `account/~` gets: the documentation and the SDKs' tests have 404 CMN-120"
        ' "Invalid URI", a capture of 2026 has 404 AGW-404 "Resource not found".',
        "404 CMN-120, in both generations and without a token too. The path that was probably meant is in the log, the"
        " journal (`did_you_mean`) and the plugin's report.",
        "http.errors.InvalidUri",
    ),
    Decision(
        "D-36",
        "What an event of an instant SMS says of attachments: the reference and the sample file beside it"
        " (`instant-message.json`, of 2016) have `uri` and `size` of the text; the guide's samples of 2025 have them of"
        " files alone.",
        "As the guide's: the text is the `subject`, and clients that follow each `uri` get files. A file's `width`,"
        " `height` and `fileName` are in the message that is read, and not in the event.",
        "http.wire.subscriptions.notification",
    ),
    Decision(
        "D-37",
        "Fields of the published API that no answer here has.",
        "What the account does not know: plan, contract, currency, sign-up and partner of an account; sites, roles,"
        " cost centers, custom fields, pictures and creation times of extensions; `subType`; labels and caller ids of"
        " numbers; how long a session may last (`session_expires_in` ...), which ends with"
        " its refresh token. What belongs to voicemails; names of languages and time zones, which are given"
        " by their ids. `location` is there where the fixture has it for a number of the account.",
        "http.wire.account.account_resource",
    ),
    Decision(
        "D-38",
        "Values that the service takes or names, and the enums of its description lack: permissions as scopes, secrets"
        " in the form and public applications in `openid-configuration`; ServiceCode in the number parser.",
        "`openid-configuration` keeps to the enums, and the token endpoint takes the rest as documented. The reference"
        " names ServiceCode as a category of results, so it is one; `formats` have a category where a text is Ambiguous"
        " alone, and that is never ServiceCode.",
        "http.wire.discovery.open_id_configuration",
    ),
    Decision(
        "D-39",
        "Where a text to a number is that several users share: by the guide in its message thread and no longer in"
        " the version 1 store, where older guides and the vendor's own clients look for it; which generation, how"
        " long, how exactly a thread lives.",
        "In both (D-22); `message_threads: {inbound: threads}` in the fixture leaves the thread alone. What version 1"
        " sends is in its store alone, what threads send in them alone. Threads are of today in both generations, take"
        " files (the description has them, the guide not), no group message, and any phone, one of the account too, is"
        " a guest. 72 hours to the second after the last message one is resolved (`expire_after`), at whatever minute.",
        "world.thread_operations.ThreadOperations",
    ),
    Decision(
        "D-40",
        "Who may do what with a thread, beyond that its assignee writes and hands over and all SMS recipients of its"
        " owner read, assign, take over, resolve, delete and note; and the codes, of which MSG-427 alone is published.",
        "Nobody else, administrators neither: 403 CMN-419, as for another's note. A thread without an assignee is"
        " nobody's to write in either: 403 MSG-427, in the envelope of all refusals. An assignee has to be a recipient"
        " that can sign in, else 400 CMN-101. What is not Open takes no message, note, assignee or resolution: 400"
        " CMN-101 [threadId], also where it is named with other numbers. What a body names and is not there: 400"
        " CMN-102. A note notifies all recipients, a change of status or a deletion nobody.",
        "domain.message_thread.check_may_write",
    ),
    Decision(
        "D-41",
        "Order, period and synchronization of threads, where the guide and the description differ or are silent.",
        "Lists go from the oldest on, of all times unless both ends are given (one alone is 400 CMN-100), and name"
        " owners that match nothing where the caller handles none of theirs. A token keeps the scope; a thread that"
        " comes into it later comes whole, one that leaves it by its hint. A token of anyone else, of another"
        " synchronization or from before a restart is 400 MSG-333. A deleted message or note has no text.",
        "domain.message_thread_sync.incremental_entry_sync",
    ),
    Decision(
        "D-42",
        "How a fax goes: default resolution and cover page, pages, who sends and receives them, what a carrier's course"
        " means for one, what a file may be, when one is sent again, what deleting one that waits does.",
        "High, no cover page; from the caller id for faxes. One page for each file, which is kept as it came, and one"
        " for a cover page. Users of all kinds send, Departments and voicemails receive too; to who cannot it is"
        " NoFaxMachine. It is Sent by the next look, or as the carrier's profile has it, where Delivered is Sent and"
        " each failure SendingFailed with its `fax_error`; for all while for one. At most 50 recipients. A fax of the"
        " mailbox goes again or on when it is no longer Queued (MSG-343). One that is deleted while it is Queued has"
        " failed. It is in no conversation, and of its `subject` captures have the called number, where it came.",
        "domain.fax.plan_fax",
    ),
    Decision(
        "D-43",
        "Whether a personal contact names the other end of a message: clients show contacts' names, and the description"
        " says of `name` that it is not determined where a number belongs to no known extension.",
        "As the description: extensions are named, contacts never; clients find them by number in the address book.",
        "http.wire.parties.phone_party",
    ),
    Decision(
        "D-44",
        "The batches of version 2 (`sms/batches` of an extension), which samples and a guide have and no description:"
        " status, limits, errors, who sees what was sent, where two samples of the guide differ.",
        "201, as of high-volume batches, with at most 10,000 messages. The rules of an SMS apply to the sender, the"
        " texts and the files; a message to a number that cannot be reached is rejected with SMS-RC-410, which is said"
        " once, and the others are sent. What is sent is in no mailbox, conversation or thread of the sender; a"
        " colleague receives an SMS. It is in a store of batches alone, which whoever reads the extension's mailbox"
        " reads, and where neither other SMS nor replies are. A batch is Completed when none of its messages waits. A"
        " segment costs 0.0085; a message read by itself has the names of times that lists and events have.",
        "domain.sms_batch.planning_sms_batch",
    ),
    Decision(
        "D-45",
        "Who reads brands and campaigns of SMS, and which numbers a campaign takes.",
        "Everybody lists brands; administrators read the rest and add numbers that send SMS to a Confirmed campaign,"
        " whichever they were in. No registration is needed to send.",
        "domain.sms_registration.SmsRegistrations.link",
    ),
    Decision(
        "D-46",
        "What is at the `uri` of a message's conversation: captures have it in each message; no description, guide or"
        " client of the vendor's has an operation there.",
        "The `uri` as captured, and nothing: 404 CMN-120. A conversation is listed by `conversationId`.",
        "http.errors.InvalidUri",
    ),
    Decision(
        "D-47",
        "Presences, caller ids and features where nobody calls anybody: defaults, who may change them, events.",
        "Available and taking all calls until somebody says otherwise; Offline for who is not Enabled. An extension and"
        " its administrators change it, and all read it unless it is hidden. Each change makes one event of `presence`"
        " filters, with a `sequence` that counts the world's; a change to the same is none. The caller id of each way"
        " of calling is the first number that may be shown. Features are those of messages, of clients' first"
        " questions, and of calls, which are turned off.",
        "domain.presence.Presence",
    ),
    Decision(
        "D-48",
        "What becomes of messages that are older than `retentionPeriod`, from when on, and of which accounts: the"
        " description has the setting (7 to 90 days) and not what it does.",
        "From the moment at which an account sets it, each message of its mailboxes is purged when it is so many days"
        " old, to the second, whoever has read or deleted it, and forgotten 5 days later (D-19), without an event. An"
        " account that has set none says 90 and keeps everything: fixtures have messages of any age. High-volume SMS,"
        " threads and what phones have received are not touched.",
        "domain.retention.Retention",
    ),
)

SENTENCES: Mapping[str, str] = {
    **{rule.id: rule.sentence for rule in RULEBOOK},
    **{made.id: made.decision for made in DECISIONS},
}
"""What a rule or a decision says, by its id."""
