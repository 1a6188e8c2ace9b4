"""Who buys in the demo's shops, and what. Invented; addresses end in .example, phone numbers are set aside for fiction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of the demo. `earlier_orders` gives a history, `tags` and `tier` what a shop knows of regulars."""

    name: str
    email: str
    phone: str
    street: str
    locale: str = "en"
    tags: str = ""
    tier: str = ""
    earlier_orders: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """Something to buy. `price` is a decimal text in the shop's currency."""

    sku: str
    title: str
    price: str
    variant: str = ""
    product_type: str = ""
    final_sale: bool = False
    grams: int = 600


@dataclass(frozen=True, slots=True)
class Cast:
    """One shop's people and shelves."""

    prefix: str
    first_number: int
    currency: str
    shipping: str
    express: str
    regular: Person  # the one whose express parcel is late
    people: tuple[Person, ...]
    shelf: tuple[Article, ...]


JUNIPER = Cast(
    prefix="J-",
    first_number=20417,
    currency="USD",
    shipping="6.90",
    express="18.50",
    regular=Person(
        "Margaret Whitfield",
        "margaret@whitfield.example",
        "+1 718 555 0142",
        "88 Prospect Place",
        tier="gold",
        earlier_orders=7,
    ),
    people=(
        Person(
            "Daniel Okafor", "daniel.okafor@mail.example", "+1 512 555 0119", "2310 Bluebonnet Lane", earlier_orders=1
        ),
        Person("Priya Raman", "priya.raman@mail.example", "+1 312 555 0163", "1440 N Damen Ave, Apt 3F"),
        Person("Hank Sørensen", "hank@sorensen.example", "+1 608 555 0187", "17 Lakeside Ct"),
        Person("Lucía Fernández de la Cruz", "lucia.fdc@mail.example", "+1 602 555 0104", "905 W Coronado Rd"),
        Person("Tom Becker", "tom.becker@mail.example", "+1 510 555 0171", "4127 Howe St", earlier_orders=1),
        Person("Layla Haddad", "layla.haddad@mail.example", "+1 303 555 0128", "2929 Welton St", locale="ar"),
        Person("Eleanor Price", "eleanor.price@mail.example", "+1 912 555 0155", "32 Forsyth Park", tags="vip"),
        Person("Sam Nguyen", "sam.nguyen@mail.example", "+1 510 555 0193", "618 Telegraph Ave"),
        Person("Grace Tembo", "grace.tembo@mail.example", "+1 718 555 0110", "211 Dean Street"),
        Person("Walter Kim", "walter.kim@mail.example", "+1 608 555 0121", "5 Monona Drive"),
        Person("Josefina Ortega-Villanueva", "josefina.ov@mail.example", "+1 480 555 0147", "3310 N 7th Ave"),
        Person("Ben Asher", "ben.asher@mail.example", "+1 303 555 0150", "1701 Wynkoop St"),
        Person("Noor Rahman", "noor.rahman@mail.example", "+1 312 555 0166", "833 W Chicago Ave"),
        Person("Claire Dubois", "claire.dubois@mail.example", "+1 912 555 0178", "109 Habersham St"),
        Person("Isaac Cohen", "isaac.cohen@mail.example", "+1 510 555 0182", "2040 Grand Ave"),
        Person("Mina Petrova", "mina.petrova@mail.example", "+1 718 555 0190", "46 Garfield Place"),
        Person("Ruth Adler", "ruth.adler@mail.example", "+1 512 555 0136", "77 Barton Springs Rd", earlier_orders=2),
    ),
    shelf=(
        Article("JU-LIN-01", "Washed linen duvet cover", "148.00", "Oat, queen", "bedding", grams=1900),
        Article("JU-MUG-04", "Stoneware mug, set of four", "54.00", "Moss", "tableware", grams=1700),
        Article("JU-THR-02", "Wool throw", "96.00", "Heather grey", "textiles", grams=1100),
        Article("JU-LAM-07", "Paper lantern lamp", "72.00", "Large", "lighting", grams=900),
        Article("JU-CAN-03", "Cedar candle", "28.00", "", "scent", grams=400),
        Article("JU-APR-01", "Linen apron", "46.00", "Rust", "textiles", grams=350),
        Article(
            "JU-SAL-09",
            "Olive wood salad servers",
            "34.00",
            "Last of the season",
            "tableware",
            final_sale=True,
            grams=250,
        ),
    ),
)
NORDLICHT = Cast(
    prefix="NL-",
    first_number=4711,
    currency="EUR",
    shipping="4.90",
    express="12.90",
    regular=Person(
        "Jonas Brandstätter",
        "jonas@brandstaetter.example",
        "+49 551 23456789",
        "Hainholzweg 22",
        locale="de",
        earlier_orders=5,
    ),
    people=(
        Person(
            "Katharina Vogel",
            "katharina.vogel@post.example",
            "+49 89 23456701",
            "Sendlinger Straße 41",
            locale="de",
            earlier_orders=1,
        ),
        Person("Mehmet Yıldız", "mehmet.yildiz@post.example", "+49 221 23456702", "Venloer Straße 308", locale="de"),
        Person(
            "Anneliese Freifrau von Hohenstein-Waldburg",
            "a.hohenstein@post.example",
            "+49 30 23456703",
            "Oranienstraße 190",
            locale="de",
        ),
        Person(
            "Luca Moretti", "luca.moretti@post.example", "+41 44 234 56 04", "Langstrasse 77", locale="de", tags="vip"
        ),
        Person("Sophie Lindqvist", "sophie@lindqvist.example", "+43 316 234505", "Sporgasse 12", locale="de"),
        Person("Élodie Marchand", "elodie.marchand@post.example", "+33 4 23 45 67 06", "14 rue de la République"),
        Person(
            "Frieda Albers",
            "frieda.albers@post.example",
            "+49 341 23456707",
            "Karl-Heine-Straße 55",
            locale="de",
            earlier_orders=2,
        ),
        Person("Ingrid Sommer", "ingrid.sommer@post.example", "+49 89 23456711", "Fraunhoferstraße 8", locale="de"),
        Person("Paul Krämer", "paul.kraemer@post.example", "+49 221 23456712", "Aachener Straße 120", locale="de"),
        Person("Yusuf Demir", "yusuf.demir@post.example", "+49 30 23456713", "Sonnenallee 67", locale="de"),
        Person("Marlene Haas", "marlene.haas@post.example", "+49 761 23456714", "Talstraße 33", locale="de"),
        Person("Viktor Lange", "viktor.lange@post.example", "+49 341 23456715", "Eisenbahnstraße 12", locale="de"),
        Person("Ayşe Kaplan", "ayse.kaplan@post.example", "+49 551 23456716", "Rote Straße 5", locale="de"),
        Person("Henrik Thoms", "henrik.thoms@post.example", "+49 30 23456717", "Weserstraße 201", locale="de"),
        Person("Oskar Petersen", "oskar.petersen@post.example", "+49 761 23456708", "Wiehre 9", locale="de"),
    ),
    shelf=(
        Article("NL-TENT-2", "Zweipersonenzelt Fjell", "389.00", "Moos", "zelte", grams=2300),
        Article("NL-JACK-M", "Regenjacke Sund", "179.00", "Nachtblau, M", "bekleidung", grams=420),
        Article("NL-BOOT-42", "Wanderstiefel Kar", "219.00", "42", "schuhe", grams=1500),
        Article("NL-LAMP", "Stirnlampe 400", "49.90", "", "ausruestung", grams=120),
        Article("NL-MATT", "Isomatte Tundra", "119.00", "Lang", "ausruestung", grams=640),
        Article("NL-SOCK-3", "Merinosocken, drei Paar", "39.90", "39-42", "bekleidung", grams=210),
        Article("NL-RUCK", "Rucksack Grat 32", "149.00", "Restposten", "ausruestung", final_sale=True, grams=1100),
    ),
)
CASTS = {"juniper": JUNIPER, "nordlicht": NORDLICHT}
