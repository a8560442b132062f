//! `CanonicalURI`: the path in its canonical form.

use super::super::reasons;
use super::sink::TextSink;
use super::uri_encode::{encode, reencode};
use crate::reason::ReasonText;
use crate::text::percent::{self, is_unreserved};

/// The rule by which the path of a request becomes the path in the canonical request.
///
/// The client and the server must use the same rule. For example, `/a%20b/../c` is signed as `/a%20b/../c` with
/// [`Once`](Self::Once), as `/c` with [`Normalized`](Self::Normalized), and as `/a%2520b/../c` with
/// [`AsSent`](Self::AsSent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// The rule of S3. Each segment is decoded and then encoded once. Dot segments and empty segments stay.
    Once,
    /// The rule of every other service. Dot segments and empty segments are removed. The rest is encoded as the client
    /// sent it, without decoding, so that `%20` becomes `%2520`.
    Normalized,
    /// The same encoding as [`Normalized`](Self::Normalized). Dot segments and empty segments stay.
    AsSent,
}

/// Writes the canonical form of a path. The path must begin with `/` or be empty. The canonical form of an empty path
/// is `/`.
pub(super) fn write(
    path: &[u8],
    rule: PathRule,
    sink: &mut impl TextSink,
) -> Result<(), ReasonText> {
    if path.is_empty() {
        sink.put(b"/");
        return Ok(());
    }
    if is_canonical(path) {
        sink.put(path);
        return Ok(());
    }
    let path = path.strip_prefix(b"/").ok_or(reasons::TARGET_IS_NO_PATH)?;
    stays_below_root(path)?;
    if rule == PathRule::Normalized && !is_normal(path) {
        return write_segments(normalized(path).into_iter(), rule, sink);
    }
    write_segments(path.split(is_slash), rule, sink)
}

/// Returns `true` if the path is its own canonical form under every rule. That is so for nearly every path: no segment is
/// empty or begins with a dot, and no byte has to be encoded.
fn is_canonical(path: &[u8]) -> bool {
    let mut before = b'-';
    path.starts_with(b"/")
        && path.iter().all(|&byte| {
            let is_fine = match byte {
                b'/' | b'.' => before != b'/',
                _ => is_unreserved(byte),
            };
            before = byte;
            is_fine
        })
}

/// Returns `true` if [`PathRule::Normalized`] removes no segment from the path.
pub(in crate::scheme::sigv4) fn is_normal_path(path: &[u8]) -> bool {
    is_canonical(path) || is_normal(path.strip_prefix(b"/").unwrap_or(path))
}

fn write_segments<'p>(
    segments: impl Iterator<Item = &'p [u8]>,
    rule: PathRule,
    sink: &mut impl TextSink,
) -> Result<(), ReasonText> {
    for segment in segments {
        sink.put(b"/");
        match rule {
            PathRule::Once => {
                reencode(segment, sink).ok_or(reasons::INVALID_PATH_ENCODING)?;
            }
            PathRule::Normalized | PathRule::AsSent => encode(segment, sink),
        }
    }
    Ok(())
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

/// Returns `true` if no segment is `.` or `..`, and none but the last is empty.
fn is_normal(path: &[u8]) -> bool {
    let without_slash = path.strip_suffix(b"/").unwrap_or(path);
    let segments = without_slash.split(is_slash);
    path.is_empty()
        || segments
            .into_iter()
            .all(|segment| !matches!(segment, b"" | b"." | b".."))
}

fn normalized(path: &[u8]) -> Vec<&[u8]> {
    let mut kept = Vec::new();
    for segment in path.split(is_slash) {
        match segment {
            b"" | b"." => (),
            b".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let last = path.rsplit(is_slash).next().unwrap_or_default();
    if kept.is_empty() || matches!(last, b"" | b"." | b"..") {
        kept.push(b"");
    }
    kept
}

/// Refuses a path that climbs above the root, such as `/a/../..`, under every rule. An inner service that resolves `..`
/// could otherwise read outside the directory that it serves.
///
/// Percent-encoded dots count as dots. [`PathRule::Once`] decodes them, so that `/%2e/..` is signed as `/./..`.
fn stays_below_root(path: &[u8]) -> Result<(), ReasonText> {
    let mut depth = 0_usize;
    for segment in path.split(is_slash) {
        match segment {
            b"" => (),
            name if is_dots::<1>(name) => (),
            name if is_dots::<2>(name) => {
                depth = depth.checked_sub(1).ok_or(reasons::PATH_ABOVE_ROOT)?;
            }
            _ => depth += 1,
        }
    }
    Ok(())
}

/// Returns `true` if a segment consists of `COUNT` dots, each of them written as `.` or as `%2e`.
fn is_dots<const COUNT: usize>(name: &[u8]) -> bool {
    // A cheap test first: nearly no segment begins like this.
    let may_be = name.starts_with(b".") || name.starts_with(b"%2");
    may_be && percent::bytes(name, Some).eq([Some(b'.'); COUNT])
}

#[cfg(test)]
mod tests {
    use super::{PathRule, ReasonText, is_normal_path, write};

    fn written(path: &str, rule: PathRule) -> Result<String, ReasonText> {
        let mut out = Vec::new();
        write(path.as_bytes(), rule, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn each_rule_writes_its_canonical_path() {
        for (path, once, normalized, as_sent) in [
            ("", "/", "/", "/"),
            ("/", "/", "/", "/"),
            ("/a b", "/a%20b", "/a%20b", "/a%20b"),
            ("/a%20b", "/a%20b", "/a%2520b", "/a%2520b"),
            ("/a%2Fb/c$", "/a%2Fb/c%24", "/a%252Fb/c%24", "/a%252Fb/c%24"),
            ("//a//", "//a//", "/a/", "//a//"),
            ("/a/./b/../c", "/a/./b/../c", "/a/c", "/a/./b/../c"),
            ("/a/..", "/a/..", "/", "/a/.."),
            ("/a/b/.", "/a/b/.", "/a/b/", "/a/b/."),
            ("/%7euser", "/~user", "/%257euser", "/%257euser"),
        ] {
            assert_eq!(written(path, PathRule::Once).as_deref(), Ok(once));
            assert_eq!(
                written(path, PathRule::Normalized).as_deref(),
                Ok(normalized)
            );
            assert_eq!(written(path, PathRule::AsSent).as_deref(), Ok(as_sent));
        }
    }

    #[test]
    fn a_path_that_climbs_above_the_root_is_refused_under_every_rule() {
        let rules = [PathRule::Once, PathRule::Normalized, PathRule::AsSent];
        for path in [
            "/..",
            "/a/../..",
            "/./..",
            "/%2e%2e",
            "/.%2E/a",
            "/%2e./a",
            "/%2e/..",
            "//%2E/%2e./E.",
            "no-path",
            "*",
        ] {
            for rule in rules {
                assert!(written(path, rule).is_err(), "{path}");
            }
        }
        assert!(written("/a%zz", PathRule::Once).is_err());
    }

    #[test]
    fn a_path_is_normal_if_normalizing_it_changes_nothing() {
        for (path, is_normal) in [
            ("/", true),
            ("/a", true),
            ("/a/", true),
            ("/a/b", true),
            ("/.a/..b", true),
            ("//", false),
            ("/a//", false),
            ("/a//b", false),
            ("/./a", false),
            ("/a/.", false),
            ("/a/..", false),
            ("/a/../b", false),
        ] {
            assert_eq!(is_normal_path(path.as_bytes()), is_normal, "{path}");
            let encoded_alone = written(path, PathRule::AsSent);
            let normalized = written(path, PathRule::Normalized);
            assert_eq!(encoded_alone == normalized, is_normal, "{path}");
        }
    }
}
