//! Which spellings are one account.

use unicode_normalization::UnicodeNormalization;

/// One spelling for all that a user table may take for the same name: without invisible characters, in one width, case and
/// normal form, without marks and strokes, and without space around.
///
/// As Unicode's `NFKC_Casefold` (Unicode Standard, section 3.13, toNFKC_Casefold), but for the letters whose case is
/// folded by way of the upper case: that makes one of a dotless and a dotted `i`, of final and other sigmas, of `ß` and
/// `ss`.
///
/// Two spellings of one name that come out as two would have twice as many guesses. Two names that come out as one share what
/// strangers have at them, and nothing else. For example, `peña` and `pena` share it, and so do `май` and `маи`.
pub(super) fn canonical(name: &str) -> String {
    if name.is_ascii() {
        return canonical_ascii(name);
    }
    let seen = name.chars().filter(|char| !is_ignorable(*char));
    let unmarked = seen.nfkd().filter(|char| !is_mark(*char));
    let folded = unmarked
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    let seen = folded.filter(|char| !is_ignorable(*char));
    let unmarked = seen.nfkd().filter(|char| !is_mark(*char));
    let folded: String = without_iota(unmarked.flat_map(without_stroke))
        .nfkc()
        .collect();
    folded.trim().to_owned()
}

/// The same, for the names that most users have.
fn canonical_ascii(name: &str) -> String {
    let seen = name
        .trim_matches(|char: char| char.is_whitespace() || is_ignorable(char))
        .chars();
    let seen = seen.filter(|char| !is_ignorable(*char));
    seen.map(|char| char.to_ascii_lowercase()).collect()
}

/// `Default_Ignorable_Code_Point`, from DerivedCoreProperties.txt of Unicode 16, and control characters other than spaces,
/// which collations ignore, too.
fn is_ignorable(char: char) -> bool {
    char.is_control() && !char.is_whitespace()
        || matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Combining marks of script Inherited (Scripts.txt of Unicode 16), in the blocks that collations ignore.
///
/// Deliberately not all of category Mn: the vowel signs of Hindi, Thai and Tamil are in it, and names that differ in one are
/// different names.
const fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters that have no decomposition, and that collations take for others: in the lower case alone.
fn without_stroke(char: char) -> impl Iterator<Item = char> {
    let (first, second) = match char {
        'ø' => ('o', None),
        'đ' => ('d', None),
        'ł' => ('l', None),
        'ħ' => ('h', None),
        'ŧ' => ('t', None),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

/// Without an iota after the vowels under which it may be written. As a mark below `ᾳ` it is left out, and in the upper case
/// it is a letter of its own, `ΑΙ`.
fn without_iota(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut last = None;
    chars.filter(move |char| {
        let is_written_below = *char == 'ι' && matches!(last, Some('α' | 'η' | 'ω'));
        if !is_written_below {
            last = Some(*char);
        }
        !is_written_below
    })
}

#[cfg(test)]
mod tests;
