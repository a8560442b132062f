//! Is an application closed?
//!
//! A [`AccessSurvey`] is told which routes there are and who may use each. It asks the whole application for each of them:
//! without credentials, with a field that cannot be read, with wrong credentials and with right ones. It also asks for
//! other methods, other spellings of the path, paths below, other queries, preflights, and paths that are often forgotten; and
//! as a client who claims, in a field, to need no credentials. The result is a [`SurveyReport`], to be asserted in a test, and to be
//! filed: as Markdown for people, as JSON for programs. The same application gives the same report, byte for byte: there is no
//! time in it, and nothing random.
//!
//! # What it finds
//!
//! Among others: a listed route that was added after the layer, or is merged from a router without one; a `401` without a
//! challenge; another status in its place; a `HEAD`, an `OPTIONS` or an unknown method that comes through; a route whose handler
//! answers a preflight itself; a path below a guarded prefix that answers by itself; one of the fields or queries of the
//! survey that opens a route; a password that is not compared; a route on the list that is not there.
//!
//! # What it does not prove
//!
//! It finds what it asks for. A route that is on no list, and has no name that is often forgotten, is not asked for: hand over
//! the application's own list with [`AccessSurvey::all_routes`], and the report names the routes that are not listed. A field or
//! a query that opens a route is found if it is among those that are sent: name your own with [`AccessSurvey::with_field`] and
//! [`AccessSurvey::with_query`]. [`SurveyReport::unproved`] says so in every report.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "axum", feature = "basic"))] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, body::Body, routing::get};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::scheme::Basic;
//! use tower_challenge::testing::{TestLogin, AccessSurvey};
//! use tower_challenge::{ConfigError, RequireAuth};
//!
//! fn app() -> Result<Router, ConfigError> {
//!     let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?;
//!     let guarded = Router::new().route("/notes", get(|| async { "notes" })).layer(auth);
//!     Ok(guarded.route("/health", get(|| async { "fine" })))
//! }
//!
//! let survey = AccessSurvey::new(TestLogin::basic("ada", "lovelace"))
//!     .guarded("GET", "/notes")
//!     .public("GET", "/health");
//! survey.run::<Body, _, _>(&app()?).await?.assert_closed();
//!
//! // Somebody adds a route, below the layer.
//! let app = app()?.route("/admin", get(|| async { "everything" }));
//! let report = survey.guarded("GET", "/admin").run::<Body, _, _>(&app).await?;
//! assert!(!report.is_closed());
//! assert_eq!(
//!     report.findings()[0].to_string(),
//!     "GET /admin, without credentials: 200: it is open"
//! );
//! println!("{report}");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

mod access_survey;
mod app_answer;
#[cfg(feature = "digest")]
mod digest;
mod expected;
mod json;
mod listed;
mod login;
mod markdown;
mod probe;
mod report;
mod request_sender;
mod survey_run;

pub use self::access_survey::AccessSurvey;
pub use self::app_answer::AppAnswer;
pub use self::expected::{CredentialsSent, ExpectedAccess};
pub use self::login::{ReceivedChallenges, TestLogin};
pub use self::report::{ProbeReport, RouteReport, SurveyFinding, SurveyReport};
