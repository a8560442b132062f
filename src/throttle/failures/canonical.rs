//! Which spellings are one account.

use unicode_normalization::UnicodeNormalization;

/// One spelling for all that a user table may take for the same name: without what is not seen, in one width, case and
/// normal form, and without space around.
///
/// As Unicode's `NFKC_Casefold` (Unicode Standard, section 3.13, toNFKC_Casefold), but for the letters whose case is
/// folded by way of the upper case: that makes one of a dotless and a dotted `i`, of final and other sigmas, of `ß` and
/// `ss`.
/// Two spellings of one name that come out as two would have twice as many guesses. Two names that come out as one share a
/// budget, in which a success of one says nothing of the failures of the other.
pub(super) fn canonical(name: &str) -> String {
    let seen = name.chars().filter(|it| !is_ignorable(*it));
    let folded = seen
        .nfkc()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    let folded: String = folded.filter(|it| !is_ignorable(*it)).nfkc().collect();
    folded.trim().to_owned()
}

/// `Default_Ignorable_Code_Point`, from DerivedCoreProperties.txt of Unicode 16.
const fn is_ignorable(it: char) -> bool {
    matches!(it,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::canonical;

    /// Every character of the planes that have case or forms, and of those that are ignored, within a name.
    #[test]
    fn no_case_or_form_of_any_character_makes_another_account() {
        use unicode_normalization::UnicodeNormalization;
        let mut forms = 0_u32;
        for it in ('\u{0}'..='\u{1ffff}')
            .chain('\u{2f800}'..='\u{2fa1f}')
            .chain('\u{e0000}'..='\u{e0fff}')
        {
            let one = canonical(&format!("a{it}b"));
            assert_eq!(canonical(&one), one, "{it:?} {one:?}");
            let name = format!("a{it}b");
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
                    assert_eq!(canonical(&other), one, "{it:?} {other:?}");
                }
            }
        }
        assert!(forms > 100_000, "{forms}");
    }

    #[test]
    fn names_that_look_different_stay_different() {
        let names = [
            "ada",
            "adb",
            "ad a",
            "\u{430}da",
            "ad\u{e4}",
            "ad\u{e5}",
            "ada1",
            "1ada",
            "ada@x",
            "ada.x",
        ];
        let folded: std::collections::BTreeSet<_> = names.iter().map(|it| canonical(it)).collect();
        assert_eq!(folded.len(), names.len());
    }
}
