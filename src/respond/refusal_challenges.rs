//! The challenges of a refusal, and the fields that carry them.

use std::ptr;
use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};

use crate::header::Challenge;

/// The challenges of a refusal.
#[derive(Clone)]
pub(crate) enum RefusalChallenges {
    /// Challenges for this request alone.
    Made(Vec<Challenge>),
    /// The same challenges as in other refusals.
    Fixed(Arc<FixedChallenges>),
}

/// Challenges that do not depend on the request, and the fields of a response with them. The layer makes the fields once
/// and copies them into each refusal.
pub(crate) struct FixedChallenges {
    challenges: Vec<Challenge>,
    fields: HeaderMap,
}

/// The challenges of a layer whose schemes have the same ones for every request.
pub(crate) struct OrdinaryChallenges {
    /// The challenges of a refusal that no scheme explains.
    fixed: Arc<FixedChallenges>,
    /// The explanations that came first. A scheme has few of them, such as those for a wrong and for an expired token. If
    /// a client chose them all, the layer would make the challenges of other refusals anew, and would keep no more.
    explained: [OnceLock<ExplainedChallenges>; EXPLANATIONS],
}

/// How many explanations a layer keeps.
const EXPLANATIONS: usize = 8;

/// The challenges of a refusal that a scheme has explained.
struct ExplainedChallenges {
    /// The challenges that the scheme gave.
    special: Vec<Challenge>,
    /// The ordinary challenges after the special ones have replaced some of them.
    replaced: Arc<FixedChallenges>,
}

impl FixedChallenges {
    pub(crate) fn new(challenges: &[Challenge], field: &HeaderName, joined: bool) -> Self {
        let mut fields = HeaderMap::new();
        insert(&mut fields, field, challenges, joined);
        Self {
            challenges: challenges.to_vec(),
            fields,
        }
    }
}

impl OrdinaryChallenges {
    pub(crate) fn new(fixed: FixedChallenges) -> Self {
        Self {
            fixed: Arc::new(fixed),
            explained: Default::default(),
        }
    }

    pub(crate) fn as_slice(&self) -> &[Challenge] {
        &self.fixed.challenges
    }

    /// Returns the challenges of a refusal that no scheme explains.
    #[inline]
    pub(crate) fn unexplained(&self) -> RefusalChallenges {
        RefusalChallenges::Fixed(Arc::clone(&self.fixed))
    }

    /// Returns the challenges of a refusal that a scheme explains with `special`. `replace` returns the same challenges
    /// for each call, and `fix` prepares their fields.
    pub(crate) fn explained(
        &self,
        special: &[Challenge],
        replace: impl Fn() -> Vec<Challenge>,
        fix: impl Fn(&[Challenge]) -> FixedChallenges,
    ) -> RefusalChallenges {
        let make = || ExplainedChallenges {
            special: special.to_vec(),
            replaced: Arc::new(fix(&replace())),
        };
        // The first free entry takes this explanation, unless another thread has just filled it.
        let mut entries = self.explained.iter().map(|entry| entry.get_or_init(make));
        match entries.find(|entry| entry.is_for(special)) {
            Some(entry) => RefusalChallenges::Fixed(Arc::clone(&entry.replaced)),
            None => RefusalChallenges::Made(replace()),
        }
    }
}

impl ExplainedChallenges {
    fn is_for(&self, special: &[Challenge]) -> bool {
        let mut pairs = self.special.iter().zip(special);
        let is_same = |one: &HeaderValue, other: &HeaderValue| {
            // A scheme clones the challenge that it has made once, and a clone shares its bytes.
            ptr::eq(one.as_bytes(), other.as_bytes()) || one == other
        };
        self.special.len() == special.len()
            && pairs.all(|(one, other)| is_same(one.as_value(), other.as_value()))
    }
}

impl RefusalChallenges {
    pub(crate) const NONE: Self = Self::Made(Vec::new());

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Challenge] {
        match self {
            Self::Made(challenges) => challenges,
            Self::Fixed(fixed) => &fixed.challenges,
        }
    }

    /// Inserts the challenges into the fields of a refusal, and forbids caches to store it.
    #[inline]
    pub(super) fn insert_into(&self, headers: &mut HeaderMap, field: &HeaderName, joined: bool) {
        match self {
            Self::Fixed(fixed) if headers.is_empty() => headers.clone_from(&fixed.fields),
            other => insert(headers, field, other.as_slice(), joined),
        }
    }
}

fn insert(headers: &mut HeaderMap, field: &HeaderName, challenges: &[Challenge], joined: bool) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(field);
    append(headers, field, challenges, joined);
}

/// Appends the challenges to `headers`: one field line for each, or, if `joined` is set, one line for all.
pub(crate) fn append(
    headers: &mut HeaderMap,
    field: &HeaderName,
    challenges: &[Challenge],
    joined: bool,
) {
    if joined {
        let line = crate::header::join(challenges);
        headers.extend(line.map(|line| (field.clone(), line)));
    } else {
        for challenge in challenges {
            headers.append(field, challenge.as_value().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::{Challenge, EXPLANATIONS, FixedChallenges, OrdinaryChallenges, RefusalChallenges};

    /// The challenge of a second refusal must not be that of the first one.
    #[test]
    fn each_refusal_has_the_challenge_that_explains_it() {
        let challenge = |text: &str| Challenge::parse(text.as_bytes()).unwrap();
        let fix =
            |challenges: &[Challenge]| FixedChallenges::new(challenges, &WWW_AUTHENTICATE, false);
        let ordinary = OrdinaryChallenges::new(fix(&[challenge("X realm=\"r\"")]));
        let explained = |error: &str| {
            let special = [challenge(&format!("X realm=\"r\", error=\"{error}\""))];
            let explained = ordinary.explained(&special, || special.to_vec(), fix);
            assert_eq!(explained.as_slice(), special);
            matches!(explained, RefusalChallenges::Fixed(_))
        };
        for number in 0..EXPLANATIONS {
            assert!(explained(&number.to_string()));
        }
        assert!(!explained("one too many"));
        assert!(explained("0"));
        assert!(explained(&(EXPLANATIONS - 1).to_string()));
    }
}
