"""Discord's own library beside the miniature: frames, members, and who hears which epoch."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import dave
import pytest
from dave import Codec, Decryptor, Encryptor, MediaType, Session
from dave_gateway import Committed, External
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_discord import epochs
from mini_discord.epochs import Gateway, KeyPackage, Leave, Member, Message, Ready
from mini_discord.frames import SILENCE, TAG, Frame, cut, is_encrypted, join, split, weave
from mini_discord.rtp import Packet
from mini_discord.seal import Seal
from mini_discord.sfu import Forwarder

GROUP, AUDIO, VIDEO = 927310423890473011, MediaType.audio, MediaType.video
IDS = {"Ana": "101", "Ben": "102", "Cho": "103"}
KNOWN = set(IDS.values())

pytestmark = pytest.mark.usefixtures("capfd")  # the library writes to standard error


# -- The same call, twice


class Real:
    """A call of real sessions; the gateway's part is `dave_gateway`."""

    def __init__(self, keep: float = 3600.0) -> None:
        self.keep = keep
        self.sessions: dict[str, Session] = {}
        self.packages: dict[str, bytes] = {}
        self.encryptors: dict[str, Encryptor] = {}
        self.decryptors: dict[tuple[str, str], Decryptor] = {}
        self.external = External(GROUP)
        self.group: dict[str, bytes] = {}
        self.wanted: dict[str, bytes] = {}
        self.due = list[str]()

    def start(self, name: str) -> None:
        """Begin a group of one, as after op 24 with epoch 1."""
        session = self.sessions.setdefault(name, Session())
        session.init(1, GROUP, IDS[name])
        session.set_external_sender(self.external.package())
        package = session.get_marshalled_key_package()
        assert package
        self.wanted[name] = package

    def join(self, name: str) -> None:
        for one in IDS:
            self.decryptors[name, one] = Decryptor()
        self.sessions.pop(name, None)
        self.encryptors[name] = Encryptor()
        self.encryptors[name].assign_ssrc_to_codec(1, Codec.opus)
        self.start(name)
        self.change()

    def leave(self, name: str) -> None:
        del self.wanted[name]
        self.due = [one for one in self.due if one != name]
        self.change()

    def staying(self) -> list[str]:
        return [name for name in self.group if self.wanted.get(name) == self.group[name]]

    def alone(self, name: str) -> None:
        self.external = External(GROUP)
        self.external.leaves = [IDS[name]]
        self.start(name)
        self.group = {name: self.wanted[name]}
        self.encryptors[name].set_key_ratchet(None)

    def change(self) -> None:
        """Make the next epoch, if none is under way."""
        if self.due:
            return
        if self.wanted and self.group != self.wanted:
            staying = self.staying()
            if not staying or len(self.wanted) == 1:
                self.alone((staying or list(self.wanted))[0])
        staying = self.staying()
        gone = [(IDS[one], None) for one in self.group if one not in staying]
        new = [one for one in self.wanted if one not in staying]
        changes = [*gone, *((IDS[one], self.wanted[one]) for one in new)]
        if not changes or not staying:
            return
        proposals = self.external.propose(changes)
        made = [self.sessions[one].process_proposals(proposals, KNOWN) for one in staying]
        commits = [Committed(one) for one in made if one]
        assert len(commits) == len(staying)
        assert all(self.external.is_valid(one) for one in commits)
        won = commits[-1]
        self.external.accept(won)
        assert not any(self.external.is_valid(one) for one in commits), "one of an epoch"
        for one in staying:
            assert isinstance(self.sessions[one].process_commit(won.commit), dict)
        for one in new:
            assert self.sessions[one].process_welcome(won.welcome, KNOWN) is not None
        self.group = dict(self.wanted)
        self.due = list(self.wanted)
        secrets = {self.sessions[one].get_last_epoch_authenticator() for one in self.group}
        assert len(secrets) == 1
        for one in self.group:
            for other in self.group:
                ratchet = self.sessions[one].get_key_ratchet(IDS[other])
                assert ratchet
                self.decryptors[one, other].transition_to_key_ratchet(ratchet, self.keep)

    def execute(self) -> None:
        for one in self.due:
            ratchet = self.sessions[one].get_key_ratchet(IDS[one])
            self.encryptors[one].set_key_ratchet(ratchet)
        self.due = []
        self.change()

    def say(self, name: str, words: bytes) -> bytes | None:
        encryptor = self.encryptors[name]
        return encryptor.encrypt(AUDIO, 1, words) if encryptor.has_key_ratchet() else None

    def hear(self, name: str, sender: str, frame: bytes) -> bytes | None:
        return self.decryptors[name, sender].decrypt(AUDIO, frame)


class Toy:
    """The same call of the miniature; that somebody is ready is held back until `execute`."""

    def __init__(self, keep: float = 3600.0) -> None:
        self.gateway, self.rng = Gateway(), Random(3)
        self.keep, self.now = keep, 0.0
        self.members: dict[str, Member] = {}
        self.here: dict[str, Member] = {}
        self.held: list[Message] = []

    def tell(self, *messages: Message) -> None:
        self.now += 1
        sent = [one for message in messages for one in self.gateway.receive(message, 0)]
        while sent:
            to, message = sent.pop(0)
            answers = self.here[to].receive(message, self.now) if to in self.here else []
            for answer in answers:
                if isinstance(answer, Ready):
                    self.held.append(answer)
                else:
                    sent += self.gateway.receive(answer, 0)

    def join(self, name: str) -> None:
        self.here[name] = self.members[name] = Member(name, self.rng, self.keep)
        self.tell(KeyPackage(name, self.here[name].package))

    def leave(self, name: str) -> None:
        del self.here[name]
        self.tell(Leave(name))

    def execute(self) -> None:
        held, self.held = self.held, []
        self.tell(*held)

    def say(self, name: str, words: bytes) -> bytes | None:
        encryptor = self.here[name].encryptor
        return encryptor.encrypt(words) if encryptor else None

    def hear(self, name: str, sender: str, frame: bytes) -> bytes | None:
        return self.members[name].hear(sender, frame, self.now + 0.5)


def listen(call: Real | Toy, here: Iterable[str]) -> set[tuple[str, str]]:
    """Let everybody present speak; return who hears whom, those who left included."""
    heard = set[tuple[str, str]]()
    for speaker in here:
        words = f"{speaker} speaks".encode()
        frame = call.say(speaker, words)
        if frame is None:
            continue
        assert is_encrypted(frame)
        assert words not in frame
        for name in IDS:
            knows = isinstance(call, Real) and (name, speaker) not in call.decryptors
            if name == speaker or knows or (isinstance(call, Toy) and name not in call.members):
                continue
            media = call.hear(name, speaker, frame)
            assert media in (None, words)
            if media:
                heard.add((speaker, name))
    return heard


def both(steps: Iterable[str], keep: float = 3600.0) -> list[set[tuple[str, str]]]:
    """Play the same steps in both; return who heard whom after each."""
    real, toy, here = Real(keep), Toy(keep), set[str]()
    after = []
    for step in steps:
        verb, _, name = step.partition(" ")
        if verb == "execute":
            real.execute()
            toy.execute()
        elif verb == "join" and name not in here:
            here.add(name)
            real.join(name)
            toy.join(name)
        elif verb == "leave" and name in here:
            here.remove(name)
            real.leave(name)
            toy.leave(name)
        heard = listen(toy, sorted(here))
        assert listen(real, sorted(here)) == heard, step
        after.append(heard)
    return after


AB = {("Ana", "Ben"), ("Ben", "Ana")}
ALL = {(a, b) for a in IDS for b in IDS if a != b}


def test_two_then_three_then_two() -> None:
    start = both(["join Ana", "join Ben", "execute", "join Cho", "execute", "leave Ben", "execute"])
    assert start[:3] == [set(), set(), AB]
    assert start[3] == AB, "Cho has the next epoch, and nobody sends under it yet"
    assert start[4] == ALL
    gone = {(a, b) for a, b in ALL if a != "Ben"}
    assert start[5] == gone, "until the switch, whoever left could still read"
    assert start[6] == {("Ana", "Cho"), ("Cho", "Ana")}


def test_a_sole_member_starts_afresh() -> None:
    heard = both(["join Ana", "join Ben", "execute", "leave Ana", "join Cho", "execute"])
    assert heard[3:] == [set(), set(), {("Ben", "Cho"), ("Cho", "Ben")}]


STEPS = [f"{verb} {name}" for name in IDS for verb in ("join", "leave")] + ["execute"] * 4


@given(st.lists(st.sampled_from(STEPS), max_size=14), st.sampled_from([0.0, 3600.0]))
@settings(max_examples=30)
def test_any_steps(steps: list[str], keep: float) -> None:
    """Whoever hears whom in the miniature does so with Discord's library, and nobody else."""
    both(steps, keep)


def test_without_old_keys_there_is_a_gap() -> None:
    heard = both(["join Ana", "join Ben", "execute", "join Cho", "execute"], keep=0.0)
    assert heard[2:] == [AB, set(), ALL]


# -- Frames


@pytest.fixture(scope="module")
def pair() -> Real:
    call = Real()
    call.join("Ana")
    call.join("Ben")
    call.execute()
    return call


def fresh(call: Real, codec: Codec = Codec.opus) -> tuple[Encryptor, Decryptor]:
    """Return a sender and a receiver who have seen no frame of this epoch yet."""
    encryptor, decryptor = Encryptor(), Decryptor()
    ratchets = [call.sessions[name].get_key_ratchet(IDS["Ana"]) for name in ("Ana", "Ben")]
    assert ratchets[0]
    assert ratchets[1]
    encryptor.set_key_ratchet(ratchets[0])
    encryptor.assign_ssrc_to_codec(1, codec)
    decryptor.transition_to_key_ratchet(ratchets[1])
    return encryptor, decryptor


def test_a_frame_of_opus(pair: Real) -> None:
    encryptor, decryptor = fresh(pair)
    words = bytes(range(60))
    for nonce in range(1, 300):
        data = encryptor.encrypt(AUDIO, 1, words)
        assert data
        frame = split(data)
        assert frame.nonce == nonce
        assert frame.clear == ()
        assert len(frame.tag) == TAG
        assert len(frame.media) == 60
        assert frame.media != words
        assert len(data) == 60 + (12 if nonce < 128 else 13)
        assert join(frame) == data
        assert decryptor.decrypt(AUDIO, data) == words
        assert decryptor.decrypt(AUDIO, data) is None, "a nonce is good for once"


KEY_FRAME, DELTA = b"\x10" + bytes(range(30)), b"\x11" + bytes(range(30))
UNITS = b"\0\0\0\1\x67SPSsps\0\0\0\1\x65" + bytes(range(1, 40))  # parameters, then a slice
OBUS = b"\x0a\x03abc" + b"\x32\x20" + bytes(range(32))  # a sequence header, then a frame


@pytest.mark.parametrize(
    ("codec", "media", "ranges"),
    [
        (Codec.vp8, KEY_FRAME, ((0, 10),)),
        (Codec.vp8, DELTA, ((0, 1),)),
        (Codec.vp9, KEY_FRAME, ()),
        (Codec.h264, UNITS, None),
        (Codec.av1, OBUS, None),
    ],
)
def test_a_frame_of_video(
    pair: Real, codec: Codec, media: bytes, ranges: tuple[tuple[int, int], ...] | None
) -> None:
    encryptor, decryptor = fresh(pair, codec)
    data = encryptor.encrypt(VIDEO, 1, media)
    assert data
    frame = split(data)
    decrypted = decryptor.decrypt(VIDEO, data)
    assert decrypted
    assert join(frame) == data
    if codec != Codec.av1:  # the size of the last part is left out there
        assert decrypted == media
    assert frame.clear == ranges if ranges is not None else len(frame.clear) > 0
    assert cut(frame.media, frame.clear)[0] == cut(decrypted, frame.clear)[0]
    assert cut(frame.media, frame.clear)[1] != cut(decrypted, frame.clear)[1]


def mutations(data: bytes, count: int = 400) -> Iterable[bytes]:
    rng = Random(5)
    for _ in range(count):
        octets = bytearray(data)
        for _ in range(rng.randint(1, 2)):
            octets[-rng.randint(1, min(len(octets), 24))] = rng.randrange(256)
        yield bytes(octets[rng.choice([0, 0, 1]) :])


@pytest.mark.parametrize("codec", [Codec.opus, Codec.vp8])
def test_nothing_that_was_changed_is_heard(pair: Real, codec: Codec) -> None:
    media = AUDIO if codec == Codec.opus else VIDEO
    encryptor, decryptor = fresh(pair, codec)
    data = encryptor.encrypt(media, 1, KEY_FRAME)
    assert data
    for changed in mutations(data):
        if changed != data:
            assert decryptor.decrypt(media, changed) is None
    assert decryptor.decrypt(media, data) == KEY_FRAME, "failures spend no nonce"


def test_only_literal_silence_passes_in_the_clear(pair: Real) -> None:
    _, decryptor = fresh(pair)
    assert decryptor.decrypt(AUDIO, SILENCE) == SILENCE
    assert decryptor.decrypt(AUDIO, SILENCE) == SILENCE
    for one in (b"\xf8\xff\xff", SILENCE * 2, b"words", b"\xf8"):
        assert decryptor.decrypt(AUDIO, one) is None


def test_the_ranges_are_not_signed(pair: Real) -> None:
    """TOB-DISCE2EC-7, in both: the relay moves the clear bytes, and the frame still opens."""
    encryptor, decryptor = fresh(pair, Codec.vp8)
    data = encryptor.encrypt(VIDEO, 1, DELTA)
    assert data
    frame = split(data)
    kept, others = cut(frame.media, frame.clear)
    moved = ((len(others), 1),)
    forged = join(Frame(weave(moved, kept, others), frame.tag, frame.nonce, moved))
    assert decryptor.decrypt(VIDEO, forged) == DELTA[1:] + DELTA[:1]


FAR = st.integers(0, 5) | st.integers(995, 1005) | st.integers(0, 1199)


def test_each_frame_opens_once_in_any_order(pair: Real) -> None:
    """Frames lost, late and repeated: both remember the same thousand nonces."""
    encryptor, toy = fresh(pair)[0], epochs.Encryptor(b"secret", "Ana")
    real = [encryptor.encrypt(AUDIO, 1, b"%d" % n) or b"" for n in range(1200)]
    model = [split(toy.encrypt(b"%d" % n)) for n in range(1200)]

    @given(st.lists(FAR, max_size=40))
    @settings(max_examples=60)
    def play(order: list[int]) -> None:
        theirs, ours = fresh(pair)[1], epochs.Decryptor(b"secret", "Ana")
        for n in order:
            assert split(real[n]).nonce == model[n].nonce
            assert theirs.decrypt(AUDIO, real[n]) == ours.decrypt(model[n])

    play()


def test_two_differences(pair: Real) -> None:
    """Where the library isn't as the miniature, so that a new version of it is noticed."""
    encryptor, decryptor = fresh(pair)
    data = encryptor.encrypt(AUDIO, 1, b"words")
    assert data
    # A nonce of more than 32 bits is cut, and opens once; ours is refused.
    frame = split(data)
    long = join(Frame(frame.media, frame.tag, frame.nonce + 2**32))
    assert not is_encrypted(long)
    assert decryptor.decrypt(AUDIO, long) == b"words"
    assert decryptor.decrypt(AUDIO, data) is None
    # A generation that a sender cannot have reached yet is refused before any key is made.
    jump = join(Frame(frame.media, frame.tag, 1 << 24))
    failures = decryptor.get_stats(AUDIO).decrypt_attempts
    assert decryptor.decrypt(AUDIO, jump) is None
    assert decryptor.get_stats(AUDIO).decrypt_attempts == failures


def test_a_frame_goes_through_the_forwarder_unread(pair: Real) -> None:
    """Ana's real frames pass our SFU in sealed packets of RTP, and it finds no words in them."""
    encryptor, decryptor = fresh(pair)
    keys = {1: b"a" * 32, 2: b"b" * 32}
    homes = {ssrc: (f"192.0.2.{ssrc}", 5000) for ssrc in keys}
    forwarder = Forwarder(log=print)
    for ssrc, key in keys.items():
        forwarder.join(ssrc, "general", key)
        forwarder.members[ssrc].address = homes[ssrc]
    forwarder.members[1].speaking = True
    ana, ben = Seal(keys[1], "client"), Seal(keys[2], "server")
    for n in range(150):
        words = b"what Ana says, %d" % n
        frame = encryptor.encrypt(AUDIO, 1, words)
        assert frame
        packet = Packet(1, n, 960 * n, frame).to_bytes()
        ((data, home),) = forwarder.receive(ana.seal(packet, 12), homes[1])
        assert home == homes[2]
        heard = Packet.from_bytes(ben.open(data, 12))
        assert heard.payload == frame
        assert is_encrypted(heard.payload)
        assert words not in packet
        assert decryptor.decrypt(AUDIO, heard.payload) == words
    assert forwarder.counts == {"forwarded": 150}


def test_old_keys_are_forgotten(pair: Real) -> None:
    for keep, heard in ((3600.0, b"late"), (0.0, None)):
        encryptor, decryptor = fresh(pair)
        ratchet = pair.sessions["Ben"].get_key_ratchet(IDS["Ben"])
        late = encryptor.encrypt(AUDIO, 1, b"late")
        assert ratchet
        assert late
        decryptor.transition_to_key_ratchet(ratchet, keep)
        assert decryptor.decrypt(AUDIO, late) == heard


def test_a_commit_must_name_every_proposal() -> None:
    """A commit made before a second proposal isn't valid after it."""
    call = Real()
    call.join("Ana")
    call.external.leaves = [IDS["Ana"]]
    packages = {name: _package(call, name) for name in ("Ben", "Cho")}
    session = call.sessions["Ana"]
    known = KNOWN
    first = session.process_proposals(call.external.propose([packages["Ben"]]), known)
    second = session.process_proposals(call.external.propose([packages["Cho"]]), known)
    assert first
    assert second
    early, whole = Committed(first), Committed(second)
    assert early.references < whole.references
    assert not call.external.is_valid(early)
    assert call.external.is_valid(whole)


def _package(call: Real, name: str) -> tuple[str, bytes]:
    session = call.sessions.setdefault(name, Session())
    session.init(1, GROUP, IDS[name])
    session.set_external_sender(call.external.package())
    package = session.get_marshalled_key_package()
    assert package
    return IDS[name], package


def test_members_add_only_whom_they_expect() -> None:
    call = Real()
    call.join("Ana")
    proposal = call.external.propose([_package(call, "Ben")])
    assert call.sessions["Ana"].process_proposals(proposal, {IDS["Ana"]}) is None
    assert dave.get_max_supported_protocol_version() == 1
