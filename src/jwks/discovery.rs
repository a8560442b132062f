//! Finds the keys of an issuer in its metadata (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).

use crate::http_client::{FetchFault, RemoteUrl, UrlRule, cut};
use crate::jose::{JsonFault, JsonObject};

/// An issuer, and where its metadata may be.
pub(super) struct IssuerMetadata {
    /// The issuer as the application spells it. The metadata must have the same spelling.
    issuer: String,
    /// The metadata of OpenID Connect.
    pub(super) openid: RemoteUrl,
    /// The metadata of RFC 8414.
    pub(super) oauth: RemoteUrl,
}

impl IssuerMetadata {
    /// # Errors
    ///
    /// `issuer` is no URL that `rule` accepts, or has a query (RFC 8414 section 2).
    pub(super) fn of(issuer: &str, rule: UrlRule) -> Result<Self, &'static str> {
        let url = RemoteUrl::parse(issuer, rule)?;
        if url.uri().query().is_some() {
            return Err("the URL of an issuer must not have a query");
        }
        let origin = url.origin();
        // Both specifications remove a slash at the end of the path.
        let path = url.uri().path();
        let path = path.strip_suffix('/').unwrap_or(path);
        let openid = format!("{origin}{path}/.well-known/openid-configuration");
        let oauth = format!("{origin}/.well-known/oauth-authorization-server{path}");
        Ok(Self {
            issuer: issuer.to_owned(),
            openid: RemoteUrl::parse(&openid, rule)?,
            oauth: RemoteUrl::parse(&oauth, rule)?,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Reads the URL of the keys. It may be on another host than the issuer, as it is at Google.
    ///
    /// RFC 8414 section 3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer
    /// identifier value into which the well-known URI string was inserted to create the URL used to retrieve the
    /// metadata. If these values are not identical, the data contained in the response MUST NOT be used."
    pub(super) fn keys_url(&self, document: &[u8], rule: UrlRule) -> Result<RemoteUrl, FetchFault> {
        let wrong = |JsonFault| FetchFault::new("the metadata is not JSON with unique names");
        let metadata = JsonObject::parse(document).map_err(wrong)?;
        let issuer = metadata.string("issuer").ok().flatten();
        let issuer = issuer.ok_or_else(|| FetchFault::new("the metadata names no issuer"))?;
        if issuer != self.issuer {
            let told = cut(&issuer);
            return Err(FetchFault::new(format!(
                "the metadata is of the issuer {told:?}, and not of {:?}",
                self.issuer
            )));
        }
        let url = metadata.string("jwks_uri").ok().flatten();
        let url = url.ok_or_else(|| FetchFault::new("the metadata names no keys (jwks_uri)"))?;
        RemoteUrl::parse(&url, rule).map_err(|why| {
            let shown = cut(url.split('?').next().unwrap_or_default());
            FetchFault::new(format!("jwks_uri {shown:?}: {why}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{IssuerMetadata, UrlRule};

    /// RFC 8414 section 3.1: "If the issuer identifier value contains a path component, any terminating "/" MUST be
    /// removed before inserting "/.well-known/" and the well-known URI suffix between the host component and the path
    /// component." OpenID Connect Discovery 1.0 section 4.1 appends instead.
    #[test]
    fn the_well_known_paths_are_inserted_and_appended() {
        for (issuer, openid, oauth) in [
            ("https://as.example", "", ""),
            ("https://as.example/", "", ""),
            ("https://as.example/a/b", "/a/b", "/a/b"),
            ("https://as.example/a/b/", "/a/b", "/a/b"),
        ] {
            let metadata = IssuerMetadata::of(issuer, UrlRule::HttpsOnly).unwrap();
            assert_eq!(
                metadata.openid.to_string(),
                format!("https://as.example{openid}/.well-known/openid-configuration")
            );
            assert_eq!(
                metadata.oauth.to_string(),
                format!("https://as.example/.well-known/oauth-authorization-server{oauth}")
            );
        }
        assert!(IssuerMetadata::of("https://as.example/?a=b", UrlRule::HttpsOnly).is_err());
    }

    #[test]
    fn metadata_counts_only_for_the_issuer_that_it_names() {
        let metadata = IssuerMetadata::of("https://as.example", UrlRule::HttpsOnly).unwrap();
        let read = |text: &str| {
            let url = metadata.keys_url(text.as_bytes(), UrlRule::HttpsOnly);
            url.map(|url| url.to_string())
                .map_err(|fault| fault.into_text())
        };
        let good = r#"{"issuer":"https://as.example","jwks_uri":"https://keys.example/a"}"#;
        assert_eq!(read(good), Ok("https://keys.example/a".to_owned()));
        for (text, why) in [
            ("<html>", "the metadata is not JSON with unique names"),
            (
                r#"{"jwks_uri":"https://a.example"}"#,
                "the metadata names no issuer",
            ),
            (
                r#"{"issuer":1,"jwks_uri":"https://a.example"}"#,
                "the metadata names no issuer",
            ),
            (
                r#"{"issuer":"https://as.example/","jwks_uri":"https://a.example"}"#,
                r#"the metadata is of the issuer "https://as.example/", and not of "https://as.example""#,
            ),
            (
                r#"{"issuer":"https://as.example"}"#,
                "the metadata names no keys (jwks_uri)",
            ),
            (
                r#"{"issuer":"https://as.example","jwks_uri":"http://169.254.169.254/"}"#,
                r#"jwks_uri "http://169.254.169.254/": TLS is needed: the URL must begin with `https://`"#,
            ),
        ] {
            assert_eq!(read(text), Err(why.to_owned()), "{text}");
        }
    }
}
