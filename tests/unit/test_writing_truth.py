"""The truth check, on made-up articles: what may be said of them and what may not."""

import pytest

from pipeline.article import Article
from pipeline.writing.truth import problems


def article(name: str, product_type: str, colour: str, description: str, pattern: str = "Solid"):
    return Article(
        id=name,
        product_code=name,
        name=name,
        product_type=product_type,
        colour=colour,
        colour_family=colour.rsplit(maxsplit=1)[-1],
        description=description,
        pattern=pattern,
    )


JUMPER = article(
    "Marlow knit",
    "Sweater",
    "Dark Blue",
    "Jumper in a soft, fine knit containing some wool with long sleeves, buttons on one shoulder "
    "and ribbing around the neckline, cuffs and hem. Slightly longer at the back.",
)
JACKET = article(
    "Harbour parka",
    "Jacket",
    "Greenish Khaki",
    "Parka in a sturdy cotton weave with a hood, zip down the front and two side pockets. "
    "Chest pocket with a flap, a loop at the back of the neck and an elasticated waist. Lined.",
)
DRESS = article(
    "Solveig dress",
    "Dress",
    "Light Pink",
    "Short, sleeveless dress in airy, patterned chiffon with a V-neck at the front, a concealed "
    "zip at the back and a narrow tie belt at the waist. Flared skirt. Jersey lining.",
    "All over pattern",
)
BRA = article(
    "Linnea soft bra",
    "Bra",
    "Black",
    "Soft, non-wired bra in lace with lightly padded cups and narrow, adjustable shoulder straps "
    "that cross at the back. No fasteners.",
)
SHOES = article(
    "Nils runner",
    "Sneakers",
    "White",
    "Mesh trainers with lacing at the front and a loop at the back. Imitation leather details, "
    "canvas linings and rubber soles. Heel 2.5 cm.",
)
JEANS = article(
    "Otis slim",
    "Trousers",
    "Blue",
    "5-pocket jeans in washed stretch denim with a high waist, button fly and slim legs with "
    "raw-edge hems.",
    "Denim",
)
PYJAMAS = article(
    "Ode",
    "Pyjama set",
    "Blue",
    "Pyjamas in soft jersey. Top with long sleeves and a chest pocket, and shorts with a frill.",
)

TRUE = [
    (
        JUMPER,
        "This dark blue jumper in a soft, fine knit has long sleeves and buttons on one shoulder.",
    ),
    (JUMPER, "Here is a navy sweater with ribbing around the neckline, cuffs and hem."),
    (JUMPER, "Long sleeves and ribbed cuffs finish this blue jumper with a touch of wool."),
    (JUMPER, "With a ribbed hem and long sleeves, this knitted jumper stays neat."),
    (JUMPER, "Soft and dark blue, this jumper is slightly longer at the back."),
    (JUMPER, "Buttons sit on one shoulder of this long-sleeved jumper in dark blue."),
    (JUMPER, "Wear this dark blue jumper on long walks: its fine knit holds some wool."),
    (JACKET, "This khaki parka has a hood, a zip down the front and two side pockets."),
    (JACKET, "This lined khaki green jacket in sturdy cotton is elasticated at the waist."),
    (JACKET, "Two side pockets and a chest pocket give this hooded parka room for your keys."),
    (JACKET, "A front zip and a flap on the chest pocket finish this sturdy khaki jacket."),
    (JACKET, "This parka comes with an elastic waist and a loop at the back of the neck."),
    (JACKET, "Sturdy cotton makes this khaki jacket one for days out with your dog."),
    (DRESS, "This short pink dress in airy chiffon has a V-neck at the front."),
    (DRESS, "A narrow tie belt at the waist shapes this sleeveless, patterned dress."),
    (DRESS, "Airy chiffon and a flared skirt make this light pink dress one for summer."),
    (JACKET, "A zip down the front closes this khaki parka in a sturdy cotton weave."),
    (DRESS, "Without sleeves and airy, this patterned dress dances through summer."),
    (DRESS, "The jersey lining of this light pink chiffon dress keeps things simple."),
    (DRESS, "In pale pink chiffon, this dress has a belt to tie at the waist."),
    (BRA, "This black lace bra has lightly padded cups and narrow, adjustable straps."),
    (BRA, "No wires here: this soft bra in lace has straps that cross at the back."),
    (BRA, "Soft, wire-free and black, this lace bra has adjustable shoulder straps."),
    (BRA, "This black bra in soft lace comes without wires and without fasteners."),
    (SHOES, "These white mesh trainers have rubber soles and a loop at the back."),
    (SHOES, "Laced at the front, these white trainers stand on rubber soles."),
    (SHOES, "Wear white trainers in mesh, with imitation leather details and canvas linings."),
    (SHOES, "With a 2.5 cm heel, these mesh sneakers are laced at the front."),
    (JEANS, "These blue 5-pocket jeans in washed stretch denim have a high waist and slim legs."),
    (JEANS, "High-waisted and slim in the leg, these blue jeans end in raw-edge hems."),
    (JEANS, "A button fly and raw hems give these blue jeans in washed denim an edge."),
    (JEANS, "Five pockets, a high waist and slim legs: blue jeans with some stretch."),
]

FALSE = [
    # colours
    (JUMPER, "This black jumper in a soft, fine knit has long sleeves.", "invented"),
    (JUMPER, "This light blue jumper in a soft, fine knit has long sleeves.", "invented"),
    (JACKET, "A burgundy parka with a hood and a zip down the front.", "invented"),
    (DRESS, "This short white dress in airy chiffon has a V-neck.", "invented"),
    (JEANS, "These navy jeans in washed stretch denim have slim legs.", "invented"),
    # garments
    (JUMPER, "This dark blue cardigan in a soft knit has long sleeves.", "invented"),
    (DRESS, "This airy, patterned skirt in pink chiffon has a flared shape.", None),
    (SHOES, "These white boots in mesh have rubber soles.", "invented"),
    (JEANS, "These blue shorts in washed denim have a high waist.", "invented"),
    # materials
    (JUMPER, "This dark blue jumper in soft cashmere has long sleeves.", "invented"),
    (JACKET, "This khaki parka in waxed cotton has a hood.", "invented"),
    (DRESS, "This short pink dress in airy silk has a V-neck.", "invented"),
    (SHOES, "These white leather trainers have rubber soles and a loop at the back.", "invented"),
    (DRESS, "This pink jersey dress has a flared skirt and a V-neck.", "misplaced"),
    (SHOES, "These white canvas trainers have rubber soles and a loop.", "misplaced"),
    (BRA, "This black mesh bra has lightly padded cups.", "invented"),
    # patterns
    (DRESS, "This short pink dress in striped chiffon has a V-neck.", "invented"),
    (JUMPER, "A checked dark blue jumper with long sleeves and ribbed cuffs.", "invented"),
    # the wrong part
    (JUMPER, "This ribbed dark blue jumper has long sleeves and a soft hand.", "misplaced"),
    (JUMPER, "This dark blue jumper has ribbed sleeves and a soft knit.", "misplaced"),
    (JUMPER, "Long cuffs and a soft knit give this dark blue jumper its ease.", "misplaced"),
    (JACKET, "This khaki parka has a lined hood and two side pockets.", "misplaced"),
    (JACKET, "A khaki parka with an elasticated hood and a zip down the front.", "misplaced"),
    (DRESS, "This light pink chiffon dress has a flared waist.", "misplaced"),
    (BRA, "This black lace bra has adjustable cups and narrow straps.", "misplaced"),
    (BRA, "This black lace bra has padded straps and soft cups.", "misplaced"),
    (JEANS, "Slim hems and a high waist shape these blue jeans.", "misplaced"),
    (JEANS, "These blue jeans in washed denim have wide legs.", "invented"),
    (SHOES, "These white mesh trainers have canvas soles.", "misplaced"),
    # the wrong place
    (SHOES, "These white mesh trainers have a loop at the front.", "misplaced"),
    (SHOES, "Laced at the back, these white mesh trainers have rubber soles.", "misplaced"),
    (DRESS, "This pink chiffon dress has a concealed zip at the front.", "misplaced"),
    (DRESS, "A V-neck at the back opens this short pink chiffon dress.", "misplaced"),
    (DRESS, "A narrow tie belt at the hem finishes this light pink dress.", "invented"),
    (JACKET, "This khaki parka has a zip down the back and a hood.", "misplaced"),
    (JACKET, "With front pockets and a hood, this khaki parka is lined.", "misplaced"),
    (JUMPER, "Buttons at the cuffs finish this dark blue jumper in a soft knit.", "misplaced"),
    (JUMPER, "This soft dark blue jumper has ribbing at the shoulders.", None),
    (BRA, "The straps of this black lace bra cross at the front.", "invented"),
    (JACKET, "A loop at the front of the neck finishes this lined khaki parka.", "misplaced"),
    # numbers and counts
    (JACKET, "This khaki parka has four side pockets and a hood.", "invented"),
    (JACKET, "This khaki parka has two chest pockets and a hood.", "misplaced"),
    (SHOES, "With a 7.5 cm heel, these mesh trainers are laced at the front.", "invented"),
    (JEANS, "These blue jeans have three pockets and slim legs.", "invented"),
    (DRESS, "At 19.99, this short pink chiffon dress has a V-neck.", "invented"),
    # fits, lengths, closures, features
    (JUMPER, "This oversized dark blue jumper has long sleeves and ribbed cuffs.", "invented"),
    (JUMPER, "This cropped jumper in dark blue has a soft, fine knit.", "invented"),
    (JUMPER, "This dark blue jumper has short sleeves and ribbed cuffs.", "invented"),
    (JACKET, "This waterproof khaki parka has a hood and a zip.", "invented"),
    (JACKET, "A khaki parka with a hood and press-studs down the front.", "invented"),
    (DRESS, "This long pink dress in airy chiffon has a V-neck.", "invented"),
    (JEANS, "These skinny blue jeans have a high waist and a button fly.", "invented"),
    (JEANS, "These blue jeans have a low waist and slim legs.", "invented"),
    (JEANS, "These blue jeans have a zip fly and slim legs.", "invented"),
    (JUMPER, "This dark blue jumper is made of 100 % wool with long sleeves.", "invented"),
    # negations
    (JACKET, "A khaki parka without a hood, in sturdy cotton.", "denied"),
    (BRA, "This underwired black lace bra has lightly padded cups.", "invented"),
    (BRA, "This black lace bra without padding has adjustable straps.", "denied"),
    (DRESS, "This unlined pink chiffon dress has a V-neck.", "invented"),
    (DRESS, "This long-sleeved pink dress in airy chiffon has a V-neck.", "invented"),
    # no sentence, or one about no garment
    (JUMPER, "A dark blue jumper in a soft, fine knit with long sleeves.", "unfinished"),
    (DRESS, "In airy chiffon, with a V-neck at the front and a flared skirt.", "unfinished"),
    (JACKET, "Sturdy cotton and a zip down the front come with two side pockets.", "vague"),
    # agreement and words without their noun
    (SHOES, "These white mesh trainers has rubber soles and a loop at the back.", "garbled"),
    (JUMPER, "These dark blue jumper in a soft, fine knit has long sleeves.", "garbled"),
    (BRA, "This black lace bra has adjustable shoulder straps and padded.", "garbled"),
    # words that nobody gave, and qualifiers that got lost
    (DRESS, "This light pink chiffon dress has a V-neck and golden wings.", "invented"),
    (JUMPER, "This dark blue jumper in pure wool has long sleeves.", "invented"),
    (JUMPER, "This dark blue jumper in wool has long sleeves and ribbed cuffs.", "invented"),
    # turns of phrase
    (DRESS, "Airy chiffon makes this light pink dress, with a flared skirt.", "garbled"),
    (JACKET, "A hood and two side pockets mark this khaki parka.", "garbled"),
    (JACKET, "With a winter, this khaki parka has a hood and a zip.", "garbled"),
    (DRESS, "In a summer wedding, this light pink chiffon dress has a V-neck.", "garbled"),
    (DRESS, "In airy chiffon, your mum can wear this light pink dress with a V-neck.", "garbled"),
    (JACKET, "Two side pockets finish this khaki parka for a girl in a cotton weave.", "garbled"),
    (JACKET, "This khaki parka for a trip to the zoo, which has a hood, is lined.", "garbled"),
    (JACKET, "This khaki parka is lined in elastication and has a hood.", "garbled"),
    (JACKET, "This khaki parka folds into a sturdy cotton weave and has a hood.", "garbled"),
    (JACKET, "A hook and loop fastens at the back of this khaki parka.", "garbled"),
    (JACKET, "This khaki parka has a press-studs and a hood.", "garbled"),
    # what parts do, and what nobody asked for
    (JACKET, "A hood and two side pockets close this khaki parka.", "invented"),
    (JACKET, "A hood hangs over the back of this khaki parka in sturdy cotton.", "invented"),
    (JUMPER, "A knot covers this dark blue jumper in a soft, fine knit.", "invented"),
    (JUMPER, "This dark blue jumper has buttons that do not close it tight.", "denied"),
    (PYJAMAS, "A top and shorts come with these blue pyjamas in soft jersey.", "garbled"),
    (SHOES, "These white mesh trainers have rubber soles and a rounded end.", "invented"),
    (JUMPER, "This dark blue jumper in a soft, fine knit is simple to wear.", "invented"),
    (JACKET, "Two side pockets make this khaki parka ready for the drop.", "invented"),
    (JACKET, "Two side pockets make this khaki parka ready for wear.", "chatter"),
    (JACKET, "Two side pockets make this khaki parka ready for a jacket.", "invented"),
    (JACKET, "Two side pockets make this khaki parka ready for women.", "invented"),
    (JACKET, "In a sturdy cotton weave, this khaki parka suits for walks.", "garbled"),
    # form
    (JUMPER, "A soft jumper.", "length"),
    (
        JUMPER,
        "This dark blue jumper has long sleeves and ribbing around the neckline and",
        "unfinished",
    ),
    (
        JUMPER,
        "This jumper has a soft knit, a soft knit, a soft knit and long sleeves.",
        "repetition",
    ),
    (JUMPER, "This dark blue jumper jumper has long sleeves and ribbed cuffs.", "repetition"),
    (JUMPER, "I'm so glad you're enjoying the dark blue jumper with long sleeves!", "chatter"),
    (JUMPER, "As an AI language model I love this dark blue jumper.", "chatter"),
    (JUMPER, "Would you like a dark blue jumper with long sleeves?", "question"),
    (JUMPER, "This **dark blue** jumper has long sleeves and ribbed cuffs.", "markup"),
    (JUMPER, "This dark blue jumper has long sleeves. <|im_end|>", "markup"),
    (JUMPER, "This dark blue jumper\nhas long sleeves and ribbed cuffs.", "not text"),
    (JUMPER, "The world's best dark blue jumper, with long sleeves.", "superlative"),
    (JUMPER, "This dark blue Zara jumper has long sleeves and ribbed cuffs.", "name"),
    (JUMPER, "User request: this dark blue jumper has long sleeves.", "copied prompt"),
    (JUMPER, "A jumper that is lovely to have and to hold each day.", "vague"),
    (JUMPER, "", "not text"),
    (JUMPER, " \u200b ", "not text"),
    (JUMPER, "这件深蓝色的毛衣非常柔软, 适合每一天穿着出门散步。", "markup"),
]


@pytest.mark.parametrize(("item", "text"), TRUE)
def test_a_true_sentence_passes(item: Article, text: str) -> None:
    assert problems(text, item, "something nice") == []


@pytest.mark.parametrize(("item", "text", "kind"), FALSE)
def test_a_false_or_malformed_sentence_is_refused(
    item: Article, text: str, kind: str | None
) -> None:
    found = {problem.kind for problem in problems(text, item, "something nice")}
    assert found
    if kind is not None:
        assert kind in found


def test_the_occasion_may_come_from_the_request() -> None:
    text = "Under a blazer, this light pink chiffon dress keeps its V-neck in view."
    assert problems(text, DRESS, "pink dress to wear under a blazer") == []
    assert [p.kind for p in problems(text, DRESS, "pink dress")] == ["invented"]


def test_a_wish_the_article_does_not_meet_is_not_asserted() -> None:
    text = "This waterproof khaki parka has a hood and a zip down the front."
    found = problems(text, JACKET, "a waterproof jacket for hiking")
    assert [(p.kind, p.words) for p in found] == [("invented", "waterproof")]


def test_the_shoppers_floors_are_not_the_articles_material() -> None:
    text = "On wooden floors, these white mesh trainers with rubber soles feel at home."
    assert problems(text, SHOES, "indoor trainers for wooden floors") == []


def test_a_childs_age_may_be_echoed() -> None:
    text = "For your 6 year old, this dark blue jumper in a soft knit has long sleeves."
    assert problems(text, JUMPER, "jumper for my 6 year old") == []
    assert problems(text, JUMPER, "jumper for my 9 year old") != []


def test_the_name_of_another_article_is_refused() -> None:
    text = "Like the Harbour parka, this dark blue jumper has long sleeves."
    kinds = {p.kind for p in problems(text, JUMPER, "warm things", [JACKET])}
    assert "other article" in kinds


def test_the_price_may_be_told_as_it_is() -> None:
    priced = Article(
        id="1", product_code="1", name="Hat", product_type="Hat/beanie", colour="Red",
        description="Hat in a soft rib knit.", price=9.99, currency="EUR",
    )  # fmt: skip
    assert problems("This red hat in a soft rib knit costs 9.99 EUR.", priced, "red hat") == []
    assert problems("This red hat in a soft rib knit costs 8.99 EUR.", priced, "red hat") != []


def test_every_problem_names_the_words_at_fault() -> None:
    found = problems("This black silk jumper has long sleeves.", JUMPER, "jumper")
    assert {p.words for p in found} == {"black", "silk"}


BABY_DRESS = Article(
    id="2", product_code="2", name="Nim", product_type="Dress", colour="Red",
    index_name="Baby Sizes 50-98", description="Dress in soft cotton jersey with long sleeves.",
)  # fmt: skip


def test_a_baby_dress_is_not_introduced_for_a_wife() -> None:
    text = "Your {} gets this red dress in soft cotton jersey with long sleeves."
    assert problems(text.format("baby"), BABY_DRESS, "dress for my baby") == []
    assert problems(text.format("wife"), BABY_DRESS, "dress for my wife") != []


def test_the_pieces_of_a_set_keep_their_own_parts() -> None:
    true = "These blue pyjamas in soft jersey have a top with a chest pocket and frilled shorts."
    false = "These blue pyjamas in soft jersey have a frilled top and shorts with a chest pocket."
    assert problems(true, PYJAMAS, "pyjamas") == []
    assert {p.kind for p in problems(false, PYJAMAS, "pyjamas")} == {"misplaced"}


def test_a_wish_for_warmth_is_no_property_but_a_warm_evening_is_an_occasion() -> None:
    warm = "This warm dark blue jumper in a soft, fine knit has long sleeves."
    evening = "On warm evenings, this dark blue jumper in a soft, fine knit has long sleeves."
    assert problems(warm, JUMPER, "a warm jumper") != []
    assert problems(evening, JUMPER, "jumper for warm evenings") == []
