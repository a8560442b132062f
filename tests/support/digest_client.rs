//! A client of Digest, written from RFC 7616 without the code of this crate.

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};
use tower_challenge::header::Challenge;

/// The algorithms that a challenge may name.
pub const ALGORITHMS: [&str; 3] = ["SHA-512-256", "SHA-256", "MD5"];

/// Returns `H(text)` in hexadecimal (RFC 7616 sections 3.2 and 3.3). An unknown algorithm hashes with MD5.
#[must_use]
pub fn h(algorithm: &str, text: &str) -> String {
    let name = algorithm.to_uppercase();
    let bytes = match name.trim_end_matches("-SESS") {
        "SHA-512-256" => Sha512_256::digest(text).to_vec(),
        "SHA-256" => Sha256::digest(text).to_vec(),
        _ => Md5::digest(text).to_vec(),
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns `H(unq(username) ":" unq(realm) ":" passwd)` (RFC 7616 section 3.4.2).
#[must_use]
pub fn ha1(algorithm: &str, user: &str, realm: &str, password: &str) -> String {
    h(algorithm, &format!("{user}:{realm}:{password}"))
}

/// The values from which a client computes the answer to a challenge. A test can set each of them, also to a wrong
/// value.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields have the names of RFC 7616")]
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
    /// The `H(A1)` to use in place of that of the password.
    pub ha1: Option<String>,
    /// The nonce and the `cnonce` with which the session began, if they differ from the present ones.
    pub begun: Option<(String, String)>,
    /// The body of the request, which `auth-int` covers.
    pub body: String,
}

impl Login {
    /// Answers `challenge` for a `GET` of `/`, with the count 1.
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

    /// Answers for this method and URI.
    #[must_use]
    pub fn request(mut self, method: &str, uri: &str) -> Self {
        (self.method, self.uri) = (method.to_owned(), uri.to_owned());
        self
    }

    /// Sets the count.
    #[must_use]
    pub fn nc(mut self, nc: u32) -> Self {
        self.nc = format!("{nc:08x}");
        self
    }

    /// Sets the password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// Sets the nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: &str) -> Self {
        nonce.clone_into(&mut self.nonce);
        self
    }

    /// Applies `change`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Returns `H(A1)`.
    #[must_use]
    pub fn ha1(&self) -> String {
        let ha1 = || ha1(&self.algorithm, &self.user, &self.realm, &self.password);
        self.ha1.clone().unwrap_or_else(ha1)
    }

    /// Returns the key of the digest: `H(A1)`. In a session algorithm, `A1` includes the nonces (RFC 7616 section
    /// 3.4.2).
    fn key(&self) -> String {
        if !self.algorithm.to_uppercase().ends_with("-SESS") {
            return self.ha1();
        }
        let present = (self.nonce.clone(), self.cnonce.clone());
        let (nonce, cnonce) = self.begun.clone().unwrap_or(present);
        h(&self.algorithm, &format!("{}:{nonce}:{cnonce}", self.ha1()))
    }

    /// Returns the response of RFC 7616 section 3.4.1, with `A2 = Method ":" request-uri` of section 3.4.3. For
    /// `auth-int`, the hash of the body follows.
    #[must_use]
    pub fn response(&self) -> String {
        let start = format!("{}:{}", self.method, self.uri);
        self.keyed(&match self.qop.as_str() {
            "auth-int" => format!("{start}:{}", h(&self.algorithm, &self.body)),
            _ => start,
        })
    }

    /// Returns the `rspauth` that the server must send (RFC 7616 section 3.5): `A2 = ":" request-uri`.
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

    /// Returns the response of RFC 2069, which has no `qop`: `H(H(A1) ":" nonce ":" H(A2))`.
    #[must_use]
    pub fn response_without_qop(&self) -> String {
        let ha2 = h(&self.algorithm, &format!("{}:{}", self.method, self.uri));
        h(
            &self.algorithm,
            &format!("{}:{}:{ha2}", self.key(), self.nonce),
        )
    }

    /// Returns credentials in the form of RFC 2069.
    #[must_use]
    pub fn header_without_qop(&self) -> String {
        let fields = ["qop", "nc", "cnonce"].into_iter();
        let fields = fields.fold(self.fields(), Fields::without);
        fields
            .quoted("response", &self.response_without_qop())
            .header()
    }

    /// Returns the parameters of the credentials.
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

    /// Returns the value of the credentials field.
    #[must_use]
    pub fn header(&self) -> String {
        self.fields().header()
    }
}

/// The parameters of Digest credentials. A test can change them after the response has been computed.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Sets the text after the `=` of a parameter, including any quotation marks.
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

    /// Adds a parameter, even if there is one with that name already.
    #[must_use]
    pub fn again(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// Returns the text after the `=` of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap().1
    }

    /// Returns the names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Rotates the order of the parameters.
    #[must_use]
    pub fn rotated(mut self, by: usize) -> Self {
        let by = by % self.0.len().max(1);
        self.0.rotate_left(by);
        self
    }

    /// Returns the value of the credentials field.
    #[must_use]
    pub fn header(&self) -> String {
        let params = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        format!("Digest {}", params.collect::<Vec<_>>().join(", "))
    }
}

/// The examples are those of RFC 7616 section 3.9.1, and of section 3.9.2 as erratum 4897 corrects it.
#[test]
fn the_client_computes_the_responses_of_the_examples_in_the_rfc() {
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
