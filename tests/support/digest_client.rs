//! Digest (RFC 7616) as a client computes it, written from the RFC and not from this crate.

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};
use tower_challenge::header::Challenge;

/// The algorithms that a challenge may name.
pub const ALGORITHMS: [&str; 3] = ["SHA-512-256", "SHA-256", "MD5"];

/// `H(text)` in hexadecimal (RFC 7616 sections 3.2 and 3.3); an algorithm that is not known hashes as MD5.
#[must_use]
pub fn h(algorithm: &str, text: &str) -> String {
    let name = algorithm.to_uppercase();
    let octets = match name.trim_end_matches("-SESS") {
        "SHA-512-256" => Sha512_256::digest(text).to_vec(),
        "SHA-256" => Sha256::digest(text).to_vec(),
        _ => Md5::digest(text).to_vec(),
    };
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// `H(unq(username) ":" unq(realm) ":" passwd)` (RFC 7616 section 3.4.2).
#[must_use]
pub fn ha1(algorithm: &str, user: &str, realm: &str, password: &str) -> String {
    h(algorithm, &format!("{user}:{realm}:{password}"))
}

/// What a client answers a challenge with. Every part can be set, to something wrong for instance.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "they are called what RFC 7616 calls them")]
pub struct Login {
    pub user: String,
    pub password: String,
    pub realm: String,
    pub nonce: String,
    pub opaque: Option<String>,
    pub algorithm: String,
    pub method: String,
    pub uri: String,
    pub qop: String,
    pub nc: String,
    pub cnonce: String,
    /// In place of what follows from the password.
    pub ha1: Option<String>,
    /// The nonces with which the session began, where those are not the present ones.
    pub begun: Option<(String, String)>,
    /// What is sent, and covered by `auth-int`.
    pub body: String,
}

impl Login {
    /// Answers `challenge`, for a `GET` of `/`, with the first count of its nonce.
    #[must_use]
    pub fn to(challenge: &Challenge, user: &str, password: &str) -> Self {
        let param = |name| {
            let value = challenge.param(name)?;
            Some(value.to_str().unwrap().into_owned())
        };
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            realm: param("realm").unwrap_or_default(),
            nonce: param("nonce").unwrap_or_default(),
            opaque: param("opaque"),
            algorithm: param("algorithm").unwrap_or_else(|| "MD5".to_owned()),
            method: "GET".to_owned(),
            uri: "/".to_owned(),
            qop: "auth".to_owned(),
            nc: "00000001".to_owned(),
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(),
            ha1: None,
            begun: None,
            body: String::new(),
        }
    }

    /// For another request.
    #[must_use]
    pub fn request(mut self, method: &str, uri: &str) -> Self {
        (self.method, self.uri) = (method.to_owned(), uri.to_owned());
        self
    }

    /// With another count.
    #[must_use]
    pub fn nc(mut self, nc: u32) -> Self {
        self.nc = format!("{nc:08x}");
        self
    }

    /// With another password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// With another nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: &str) -> Self {
        nonce.clone_into(&mut self.nonce);
        self
    }

    /// Changed in any way.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// `H(A1)`.
    #[must_use]
    pub fn ha1(&self) -> String {
        let ha1 = || ha1(&self.algorithm, &self.user, &self.realm, &self.password);
        self.ha1.clone().unwrap_or_else(ha1)
    }

    /// The key of the digest: `H(A1)`, where `A1` of a session has nonces (RFC 7616 section 3.4.2).
    fn key(&self) -> String {
        if !self.algorithm.to_uppercase().ends_with("-SESS") {
            return self.ha1();
        }
        let present = (self.nonce.clone(), self.cnonce.clone());
        let (nonce, cnonce) = self.begun.clone().unwrap_or(present);
        h(&self.algorithm, &format!("{}:{nonce}:{cnonce}", self.ha1()))
    }

    /// RFC 7616 section 3.4.1, with `A2 = Method ":" request-uri` of section 3.4.3, or with a hash of the body after it.
    #[must_use]
    pub fn response(&self) -> String {
        let start = format!("{}:{}", self.method, self.uri);
        self.keyed(&match self.qop.as_str() {
            "auth-int" => format!("{start}:{}", h(&self.algorithm, &self.body)),
            _ => start,
        })
    }

    /// RFC 7616 section 3.5: `A2 = ":" request-uri`.
    #[must_use]
    pub fn rspauth(&self) -> String {
        self.keyed(&format!(":{}", self.uri))
    }

    fn keyed(&self, a2: &str) -> String {
        let Self {
            nonce,
            nc,
            cnonce,
            qop,
            algorithm,
            ..
        } = self;
        let (key, ha2) = (self.key(), h(algorithm, a2));
        h(
            algorithm,
            &format!("{key}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}"),
        )
    }

    /// The response of RFC 2069, which knew no `qop`: `H(H(A1) ":" nonce ":" H(A2))`.
    #[must_use]
    pub fn response_without_qop(&self) -> String {
        let ha2 = h(&self.algorithm, &format!("{}:{}", self.method, self.uri));
        h(
            &self.algorithm,
            &format!("{}:{}:{ha2}", self.key(), self.nonce),
        )
    }

    /// Credentials in the form of RFC 2069.
    #[must_use]
    pub fn header_without_qop(&self) -> String {
        let fields = ["qop", "nc", "cnonce"].into_iter();
        let fields = fields.fold(self.fields(), Fields::without);
        fields
            .quoted("response", &self.response_without_qop())
            .header()
    }

    /// The parameters, in the form in which they are sent.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let mut fields = Fields::default()
            .quoted("username", &self.user)
            .quoted("realm", &self.realm)
            .quoted("nonce", &self.nonce)
            .quoted("uri", &self.uri)
            .raw("algorithm", &self.algorithm)
            .raw("qop", &self.qop)
            .raw("nc", &self.nc)
            .quoted("cnonce", &self.cnonce)
            .quoted("response", &self.response());
        if let Some(opaque) = &self.opaque {
            fields = fields.quoted("opaque", opaque);
        }
        fields
    }

    /// The credentials.
    #[must_use]
    pub fn header(&self) -> String {
        self.fields().header()
    }
}

/// Parameters of Digest credentials, to be tampered with after the response was computed.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Sets a parameter to what stands after its `=`, quotes and all.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Sets a parameter to a quoted-string of `value`.
    #[must_use]
    pub fn quoted(self, name: &str, value: &str) -> Self {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        self.raw(name, &format!("\"{escaped}\""))
    }

    /// Adds a parameter that may be there already.
    #[must_use]
    pub fn again(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// What stands after the `=` of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap().1
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The same parameters, in another order.
    #[must_use]
    pub fn rotated(mut self, by: usize) -> Self {
        let by = by % self.0.len().max(1);
        self.0.rotate_left(by);
        self
    }

    /// The credentials.
    #[must_use]
    pub fn header(&self) -> String {
        let params = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        format!("Digest {}", params.collect::<Vec<_>>().join(", "))
    }
}

/// The examples of RFC 7616 section 3.9.1, and of section 3.9.2 as erratum 4897 has it.
#[test]
fn the_client_computes_what_the_rfc_has_computed() {
    let login = |algorithm: &str| Login {
        user: "Mufasa".into(),
        password: "Circle of Life".into(),
        realm: "http-auth@example.org".into(),
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
        opaque: None,
        algorithm: algorithm.into(),
        method: "GET".into(),
        uri: "/dir/index.html".into(),
        qop: "auth".into(),
        nc: "00000001".into(),
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".into(),
        ha1: None,
        begun: None,
        body: String::new(),
    };
    assert_eq!(login("MD5").response(), "8ca523f5e9506fed4657c9700eebdbec");
    assert_eq!(
        login("SHA-256").response(),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
    let wide = Login {
        user: "J\u{e4}s\u{f8}n Doe".into(),
        password: "Secret, or not?".into(),
        realm: "api@example.org".into(),
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK".into(),
        uri: "/doe.json".into(),
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v".into(),
        ..login("SHA-512-256")
    };
    assert_eq!(
        wide.response(),
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
}
