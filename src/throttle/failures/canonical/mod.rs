//! Folds the spellings of a name that a user table may treat as one account.

use unicode_normalization::UnicodeNormalization;

/// Returns one spelling for all that a user table may treat as the same name: without invisible characters, in one
/// width, case and normal form, without marks and strokes, with digits of one script and kana of one kind, without space
/// around, and with one space between words. SCRAM's preparations of names treat repeated spaces alike, too.
///
/// This is Unicode's `NFKC_Casefold` (Unicode Standard, section 3.13, toNFKC_Casefold), except that letters are folded
/// to lower case by way of upper case. So a dotless and a dotted `i` become one letter, and so do final and other
/// sigmas, and `ß` and `ss`.
///
/// If two spellings of one name had two results, an attacker would have twice as many guesses. If two names have one
/// result, they share the budget for unfamiliar locations, and nothing else. For example, `peña` and `pena` share it,
/// and so do `май` and `маи`.
pub(super) fn canonical(name: &str) -> String {
    if name.is_ascii() {
        return canonical_ascii(name);
    }
    let visible = name.chars().filter(|char| !is_ignorable(*char));
    let unmarked = visible.nfkd().filter(|char| !is_mark(*char));
    let folded = unmarked
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    // Folding can make new invisible characters and marks, so both filters run again.
    let visible = folded.filter(|char| !is_ignorable(*char));
    let unmarked = visible.nfkd().filter(|char| !is_mark(*char));
    let letters = unmarked.map(base_character).flat_map(without_stroke);
    with_single_spaces(without_iota(letters).nfkc(), name.len())
}

/// Does the same for names in ASCII, which most users have, without the tables of Unicode.
fn canonical_ascii(name: &str) -> String {
    let visible = name.chars().filter(|char| !is_ignorable(*char));
    with_single_spaces(visible.map(|char| char.to_ascii_lowercase()), name.len())
}

/// Collects the characters into a name of about `len` bytes, with one space for each run of white space between words.
fn with_single_spaces(chars: impl Iterator<Item = char>, len: usize) -> String {
    let mut name = String::with_capacity(len);
    let mut is_after_space = false;
    for char in chars {
        if char.is_whitespace() {
            is_after_space = true;
            continue;
        }
        if is_after_space && !name.is_empty() {
            name.push(' ');
        }
        is_after_space = false;
        name.push(char);
    }
    name
}

/// Whether collations ignore a character: it is `Default_Ignorable_Code_Point`, from DerivedCoreProperties.txt of
/// Unicode 16, or a control character other than a space. U+1806 is a hyphen that SASLprep maps to nothing.
fn is_ignorable(char: char) -> bool {
    char.is_control() && !char.is_whitespace()
        || matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{1806}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character is a mark that collations ignore: a combining mark of script Inherited (Scripts.txt of Unicode
/// 16) in the blocks that collations ignore, or a point or sign of Cyrillic numbers, Hebrew, Arabic or Syriac, which
/// writers leave out.
///
/// This is deliberately not all of category Mn. The vowel signs of Hindi, Thai and Tamil are in that category, and
/// names that differ in such a sign are different names.
const fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{64b}'..='\u{65f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{711}' | '\u{730}'..='\u{74a}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// The digit 0 of each script whose digits have no decomposition (category Nd of Unicode 16). The digits 1 to 9 follow
/// it.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0,
    0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0,
    0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950,
];

/// Replaces a character that collations treat as another and that has no decomposition: a digit of any script, katakana
/// (by hiragana), small kana, and a letter in a black circle or square.
fn base_character(char: char) -> char {
    let shifted = |from: char, to: char| {
        let offset = u32::from(char) - u32::from(from);
        char::from_u32(u32::from(to) + offset).unwrap_or(char)
    };
    match char {
        '\u{0}'..='\u{7f}' => char,
        '\u{30a1}'..='\u{30f6}' => large_kana(shifted('\u{30a1}', '\u{3041}')),
        '\u{3041}'..='\u{3096}' => large_kana(char),
        '\u{1f150}'..='\u{1f169}' => shifted('\u{1f150}', 'a'),
        '\u{1f170}'..='\u{1f189}' => shifted('\u{1f170}', 'a'),
        _ => digit(char).unwrap_or(char),
    }
}

fn digit(char: char) -> Option<char> {
    let before = ZEROS.partition_point(|zero| *zero <= u32::from(char));
    let zero = ZEROS.get(before.checked_sub(1)?)?;
    char::from_digit(u32::from(char) - zero, 10)
}

/// Replaces small hiragana by hiragana in full size.
const fn large_kana(char: char) -> char {
    match char {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        other => other,
    }
}

/// Replaces letters that have no decomposition and that collations treat as others. It knows the lower case alone, so
/// fold the case first.
fn without_stroke(char: char) -> impl Iterator<Item = char> {
    let (first, second) = match char {
        'ø' => ('o', None),
        'đ' | 'ð' | 'ꝺ' => ('d', None),
        'ꞡ' => ('g', None),
        'ꞣ' => ('k', None),
        'ꞥ' => ('n', None),
        'ꞧ' => ('r', None),
        'ꞩ' => ('s', None),
        'ł' => ('l', None),
        'ħ' => ('h', None),
        'ŧ' => ('t', None),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

/// Removes an iota after the vowels under which it may be written. Below a letter, as in `ᾳ`, the iota is a mark, which
/// `is_mark` removes. In upper case it is a letter of its own, `ΑΙ`, so both spellings must lose it.
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
