"""What was sought and what was given up is told in short, exact and grammatical sentences."""

import pytest

from pipeline.understanding import Condition, QueryConstraints
from tests.unit.understanding_catalogues import sample, shop

SAID = [
    ("sweater in black", "*sweaters* in *black*"),
    ("jackets for 6 years with waterproof", "*waterproof jackets* for *a 6-year-old*"),
    ("a linen shirt for him", "*linen shirts* for *him*"),
    ("a dress for her", "*dresses* for *her*"),
    ("a coat for my daughter", "*coats* for *your daughter*"),
    ("pyjamas for my 12 year old daughter", "*pyjamas* for *your 12-year-old daughter*"),
    ("winter coat for a boy, age 8", "*winter coats* for *an 8-year-old boy*"),
    ("gloves for my grandma", "*gloves* for *your grandma*"),
    ("mens shirts", "*shirts* for *men*"),
    ("hoodies for teenage boys", "*hoodies* for *teenage boys*"),
    ("trousers for boys and girls", "*trousers* for *boys* and *girls*"),
    ("shoes for a baby girl", "*shoes* for *a baby girl*"),
    ("shirt for a toddler", "*shirts* for *a toddler*"),
    ("something for him", "things for *him*"),
    ("trousers", "*trousers*"),
    ("a dress", "*dresses*"),
    ("t shirt", "*T-shirts*"),
    ("jewellery", "*jewellery*"),
    ("knitwear", "*knitwear*"),
    ("a scarf", "*scarves*"),
    ("a watch", "*watches*"),
    ("a pair of jeans", "*jeans*"),
    ("lbd", "*little black dresses*"),
    ("dresses or skirts", "*dresses* or *skirts*"),
    ("a shirt and a tie", "*shirts* and *ties*"),
    ("bag and shoes and a hat", "*bags*, *shoes* and *hats*"),
    ("denim jacket and white jeans", "*denim jackets* and *white jeans*"),
    ("a jumper for my dog", "*jumpers for your dog*"),
    ("something for my dog", "*things for your dog*"),
    ("something knitted", "*knitted sweaters*"),
    ("something red", "things in *red*"),
    ("something waterproof with a hood", "*waterproof things* with *a hood*"),
    ("coat with a hood and pockets", "*coats* with *a hood* and *pockets*"),
    ("hooded waterproof jacket with pockets", "*hooded waterproof jackets* with *pockets*"),
    ("high waisted wide leg trousers", "*high-waisted wide-leg trousers*"),
    ("long sleeved v neck jumper", "*long-sleeved V-neck jumpers*"),
    ("linen or cotton shirt", "*linen or cotton shirts*"),
    ("shirt in linen with linen", "*linen shirts*"),
    ("striped cotton maternity t-shirts", "*striped cotton maternity T-shirts*"),
    ("cotton striped maternity t-shirts", "*striped cotton maternity T-shirts*"),
    ("plus size dress", "*plus-size dresses*"),
    ("dress with polka dots", "*dresses* with *polka dots*"),
    ("running shorts", "*running shorts*"),
    ("coat, ideally with pockets", "*coats*, those with *pockets* first"),
    ("warm coat with pockets", "*coats* with *pockets*, *warm* ones first"),
    ("a jumper, it's freezing", "*jumpers*, *warm* ones first"),
    (
        "hoodie with a print on the back",
        "*hoodies* with *a print*, those with *a print on the back* first",
    ),
    ("six socks for my brother", "*six pairs of socks* for *your brother*"),
    ("just one pair of black jeans", "*one pair of jeans* in *black*"),
    ("five leather boots", "*five pairs of leather boots*"),
    ("something for the freezing cold", "things for *cold weather*"),
    ("a dress that would suit me", "*dresses*"),
    (
        "socks, preferably warm, without stripes",
        "*socks* without *stripes*, *warm* ones first",
    ),
    ("plain or striped top", "*plain or striped tops*"),
    ("red or blue dress", "*dresses* in *red* or *blue*"),
    ("pastel dress", "*dresses* in *pastel colours*"),
    ("cream coloured cardigan", "*cardigans* in *cream*"),
    ("coat, not black", "*coats*, but nothing in *black*"),
    ("coat without a hood", "*coats* without *a hood*"),
    ("jacket without a hood or pockets", "*jackets* without *a hood* or *pockets*"),
    ("jumper, nothing striped", "*jumpers*, but nothing *striped*"),
    ("coat, no wool or linen", "*coats*, but nothing in *wool* or *linen*"),
    (
        "skirt, not pleated, not red",
        "*skirts*, but nothing in *red* and nothing *pleated*",
    ),
    ("something red but no dresses", "things in *red*, but no *dresses*"),
    ("something for a beach wedding", "things for *a beach wedding*"),
    ("outfit for the office", "things for *the office*"),
    ("christmas jumper", "*Christmas jumpers*"),
    ("a dress with a zip up the back", "*dresses* with *a zip at the back*"),
    ("my nephew is in year 7, trousers", "*trousers* for *your 11-12-year-old nephew*"),
    ("help a girl out, a dress", "*dresses* for *a woman*"),
    ("shirt that does not itch, my partner wants it, he's 40", "*shirts* for *men*"),
    ("a gift for my mum", "*gifts* for *your mum*"),
    ("new clothes", "*clothes*"),
    ("do you have anything nice", "what comes closest to your words"),
    ("three red dresses", "*three dresses* in *red*"),
    ("20 t-shirts", "*20 T-shirts*"),
    ("just one dress", "*one dress*"),
]


@pytest.mark.parametrize(("message", "said"), SAID, ids=[message for message, _ in SAID])
def test_what_was_sought_is_named_back(message: str, said: str) -> None:
    assert sample().understand(message).said() == f"I looked for {said}."


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("tees under £16", "*tees* up to *£16*"),
        ("tees between £10 and £16.50", "*tees* between *£10* and *£16.50*"),
        ("coats over £20", "*coats* from *£20* up"),
    ],
)
def test_a_price_is_named_in_the_shops_currency(message: str, said: str) -> None:
    assert shop().understand(message).said() == f"I looked for {said}."


def test_a_line_of_the_shop_goes_by_its_own_name() -> None:
    line = Condition("line", "divided", "divided", ((("section", ("Divided Collection",)),),))
    kind = Condition("kind", "dress", "dress", ((("product_type", ("Dress",)),),))
    said = QueryConstraints(kinds=(kind,), required=(line,)).said()
    assert said == "I looked for *dresses* from *Divided Collection*."


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("hooded coat", "Nothing *hooded* matched, so I left that wish out."),
        ("coat with a hood", "Nothing with *a hood* matched, so I left that wish out."),
        ("linen coat", "Nothing in *linen* matched, so I left that wish out."),
        ("coat in red", "Nothing in *red* matched, so I left that wish out."),
        ("running shorts", "Nothing for *running* matched, so I left that wish out."),
        ("maternity jeans", "Nothing *maternity* matched, so I left that wish out."),
        ("lilac dress", "Nothing came in exactly *lilac*, so I took the nearest shades."),
        ("coat under £40", "Nothing up to *40* matched, so I looked beyond that price."),
    ],
)
def test_what_was_given_up_is_named(message: str, told: str) -> None:
    assert next(sample().understand(message).relaxations())[1] == told


def test_said_repeats_nothing_over_a_conversation() -> None:
    constraints = None
    for message in ("boots for my son", "he is 6", "waterproof please", "he's 7"):
        constraints = sample().understand(message, constraints)
    assert constraints is not None
    assert constraints.said() == "I looked for *waterproof boots* for *your 7-year-old son*."
