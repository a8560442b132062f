use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::canonical;

/// Tries every character of the planes that have case or forms, and of those that are ignored, within a name.
#[test]
fn every_case_and_normal_form_of_a_character_gives_the_same_account() {
    let mut forms = 0_u32;
    for char in ('\u{0}'..='\u{1ffff}')
        .chain('\u{2f800}'..='\u{2fa1f}')
        .chain('\u{e0000}'..='\u{e0fff}')
    {
        // U+0345 is an iota below the letter before it. Its upper case is a letter, which `canonical` removes only
        // after a Greek vowel.
        if char == '\u{345}' {
            continue;
        }
        let name = format!("a{char}b");
        let folded = canonical(&name);
        assert_eq!(canonical(&folded), folded, "{char:?} {folded:?}");
        for other in [
            name.to_uppercase(),
            name.to_lowercase(),
            name.nfc().collect(),
            name.nfd().collect(),
            name.nfkc().collect(),
            name.nfkd().collect(),
        ] {
            if other != name {
                forms += 1;
                assert_eq!(canonical(&other), folded, "{char:?} {other:?}");
            }
        }
    }
    assert!(forms > 100_000, "{forms}");
}

/// Tries every mark of the blocks that are folded, after each of some letters, alone and three at a time.
#[test]
fn a_name_with_a_combining_mark_is_the_account_without_it() {
    let blocks = [
        '\u{300}'..='\u{36f}',
        '\u{483}'..='\u{487}',
        '\u{64b}'..='\u{65f}',
    ];
    let more = [
        '\u{1ab0}'..='\u{1aff}',
        '\u{1dc0}'..='\u{1dff}',
        '\u{20d0}'..='\u{20ff}',
    ];
    let last = ['\u{3099}'..='\u{309a}', '\u{fe20}'..='\u{fe2f}'];
    let marks = blocks.into_iter().chain(more).chain(last).flatten();
    for mark in marks {
        for letter in ["a", "O", "\u{438}", "\u{3b1}", "\u{627}", "\u{304b}"] {
            let plain = canonical(&format!("x{letter}y"));
            assert_eq!(canonical(&format!("x{letter}{mark}y")), plain, "{mark:?}");
            let three = format!("x{letter}{mark}\u{301}{mark}y");
            assert_eq!(canonical(&three), plain, "{mark:?}");
        }
    }
}

/// Tries pairs that three collations treat as the same name: MySQL's `utf8mb4_0900_ai_ci` and `utf8mb4_general_ci`, and
/// MariaDB's `uca1400_ai_ci`.
#[test]
fn names_that_a_collation_without_accents_treats_as_one_are_one_account() {
    const PAIRS: &[(&str, &str)] = &[
        // All three collations treat these as the same.
        ("administrator", "\u{e1}dministrator"),
        ("administrator", "A\u{301}DMINISTRATOR"),
        ("administrator", "\u{201}dministrat\u{f6}r"),
        ("jose", "JOS\u{c9}"),
        ("zoe", "Zo\u{eb}"),
        ("pena", "pe\u{f1}a"),
        ("garcon", "gar\u{e7}on"),
        ("\u{43c}\u{430}\u{438}", "\u{41c}\u{410}\u{419}"),
        (
            "\u{435}\u{43b}\u{43a}\u{430}",
            "\u{401}\u{43b}\u{43a}\u{430}",
        ),
        (
            "\u{3b1}\u{3bd}\u{3bd}\u{3b1}",
            "\u{386}\u{3bd}\u{3bd}\u{3b1}",
        ),
        ("admin", "admin  "),
        // The two collations that follow the Unicode Collation Algorithm treat these as the same.
        ("soren", "s\u{f8}ren"),
        ("dorde", "\u{110}or\u{111}e"),
        ("lukasz", "\u{141}ukasz"),
        ("hamrun", "\u{126}amrun"),
        ("satse", "s\u{e1}\u{167}se"),
        ("aegir", "\u{c6}gir"),
        ("oeuvre", "\u{152}uvre"),
        ("strasse", "Stra\u{df}e"),
        ("\u{304b}\u{304d}", "\u{304c}\u{304e}"),
        ("admin", "\u{ff41}dm\u{1}in"),
        ("admin", "ad\u{20dd}min"),
        ("admin", "admin\u{5b0}"),
        ("admin", "a\u{489}dmin\u{610}"),
        ("admin", "\u{1f170}\u{1f153}min"),
        ("gudrun", "gu\u{f0}run"),
        ("gudrun", "GU\u{d0}RUN"),
        ("user12", "user\u{661}\u{662}"),
        ("user12", "user\u{967}\u{6f2}"),
        ("user90", "user\u{1e5fa}\u{10d40}"),
        ("\u{305f}\u{306a}\u{304b}", "\u{30bf}\u{30ca}\u{30ab}"),
        ("\u{305f}\u{306a}\u{304b}", "\u{ff80}\u{ff85}\u{30f5}"),
    ];
    for (plain, other) in PAIRS {
        assert_eq!(canonical(plain), canonical(other), "{plain} {other}");
    }
}

#[test]
fn names_that_readers_tell_apart_are_different_accounts() {
    let names = [
        "ada",
        "adb",
        "ad a",
        "\u{430}da",
        "adi",
        "adu",
        "ada1",
        "1ada",
        "ada@x",
        "ada.x",
        // Hindi, Thai and Tamil: the vowel signs are of category Mn or Mc.
        "\u{930}\u{93e}\u{92e}",
        "\u{930}\u{92e}",
        "\u{930}\u{941}\u{92e}",
        "\u{930}\u{942}\u{92e}",
        "\u{92e}\u{928}\u{940}",
        "\u{92e}\u{928}\u{93f}",
        "\u{e14}\u{e35}",
        "\u{e14}\u{e34}",
        "\u{e14}\u{e37}",
        "\u{e14}\u{e49}",
        "\u{b95}\u{bbe}",
        "\u{b95}\u{bbf}",
        "\u{b95}\u{bc0}",
        "\u{b95}\u{bcd}",
    ];
    let folded: BTreeSet<_> = names.iter().map(|name| canonical(name)).collect();
    assert_eq!(folded.len(), names.len());
}

/// SASLprep and PRECIS prepare these names alike.
#[test]
fn names_that_differ_in_the_number_or_kind_of_their_spaces_are_one_account() {
    for (name, plain) in [
        ("ada  l", "ada l"),
        ("ada \t l", "ada l"),
        ("ada\u{1680}l", "ada l"),
        ("\u{1680}ada \u{3000} l ", "ada l"),
        ("jos\u{e9}  l", "jose l"),
        ("ad\u{1806}a", "ada"),
        ("ada \u{1806} l", "ada l"),
    ] {
        assert_eq!(canonical(name), plain, "{name:?}");
    }
    assert_ne!(canonical("ada l"), canonical("adal"));
}

#[test]
fn small_kana_and_katakana_are_hiragana_of_full_size() {
    for (written, full) in [
        ("ぁ", "あ"),
        ("っ", "つ"),
        ("ゃ", "や"),
        ("ッ", "つ"),
        ("ヶ", "け"),
    ] {
        let name = |kana| canonical(&format!("a{kana}b"));
        assert_eq!(name(written), name(full), "{written}");
    }
}
