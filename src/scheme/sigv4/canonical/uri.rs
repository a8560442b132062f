//! `CanonicalURI`: the path, in the one way in which it is signed.

use super::sink::TextSink;
use super::uri_encode::{encode, encode_again};
use crate::text::percent;

/// How the path of a request becomes the one that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// The rule of S3: each segment is decoded and encoded once; dots and empty segments are names like others.
    Once,
    /// The rule of every other service: dot segments and empty segments are removed, and what is left is encoded as it
    /// was sent, so that `%20` becomes `%2520`.
    Normalized,
    /// As [`Normalized`](Self::Normalized), with nothing removed.
    AsSent,
}

/// Writes the canonical form of a path, which begins with `/`; an empty one is `/`.
pub(super) fn write(
    path: &[u8],
    rule: PathRule,
    sink: &mut impl TextSink,
) -> Result<(), &'static str> {
    if path.is_empty() {
        sink.put(b"/");
        return Ok(());
    }
    let path = path.strip_prefix(b"/").ok_or("the target is no path")?;
    stays_below_root(path)?;
    if rule == PathRule::Normalized && !is_normal(path) {
        return write_segments(normalized(path).into_iter(), rule, sink);
    }
    write_segments(path.split(is_slash), rule, sink)
}

/// Whether nothing would be removed from a path that is [`PathRule::Normalized`].
pub(in crate::scheme::sigv4) fn is_normal_path(path: &[u8]) -> bool {
    is_normal(path.strip_prefix(b"/").unwrap_or(path))
}

fn write_segments<'p>(
    segments: impl Iterator<Item = &'p [u8]>,
    rule: PathRule,
    sink: &mut impl TextSink,
) -> Result<(), &'static str> {
    for segment in segments {
        sink.put(b"/");
        match rule {
            PathRule::Once => {
                encode_again(segment, sink).ok_or("the path has a bad escape")?;
            }
            PathRule::Normalized | PathRule::AsSent => encode(segment, sink),
        }
    }
    Ok(())
}

fn is_slash(octet: &u8) -> bool {
    *octet == b'/'
}

/// Only the last segment may be empty, and none is a dot or two.
fn is_normal(path: &[u8]) -> bool {
    let ends = path.strip_suffix(b"/").unwrap_or(path);
    let names = ends.split(is_slash);
    path.is_empty()
        || names
            .into_iter()
            .all(|it| !matches!(it, b"" | b"." | b".."))
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

/// Refuses a path that climbs above the root under every rule: a service behind this layer that resolves `..` would
/// read outside the folder that it serves.
///
/// Escaped dots count as dots. [`PathRule::Once`] decodes them, so that `/%2e/..` is signed as `/./..`.
fn stays_below_root(path: &[u8]) -> Result<(), &'static str> {
    let mut depth = 0_usize;
    for segment in path.split(is_slash) {
        match segment {
            b"" => (),
            name if is_dots::<1>(name) => (),
            name if is_dots::<2>(name) => {
                depth = depth
                    .checked_sub(1)
                    .ok_or("the path climbs above the root")?;
            }
            _ => depth += 1,
        }
    }
    Ok(())
}

/// Whether a segment is `COUNT` dots, each written as `.` or as `%2e`.
fn is_dots<const COUNT: usize>(name: &[u8]) -> bool {
    let may_be = name.starts_with(b".") || name.starts_with(b"%2");
    may_be && percent::octets(name, Some).eq([Some(b'.'); COUNT])
}

#[cfg(test)]
mod tests {
    use super::{PathRule, is_normal_path, write};

    fn written(path: &str, rule: PathRule) -> Result<String, &'static str> {
        let mut out = Vec::new();
        write(path.as_bytes(), rule, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn each_rule_writes_a_path_in_its_way() {
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
    fn no_path_climbs_above_the_root() {
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
    fn a_path_is_normal_if_normalizing_changes_nothing() {
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
