//! The program of the guide `brute_force`.

use axum::{Router, routing::get};
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ConfigError, RequireAuth};

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let throttle = FailureThrottle::new()?;
    let basic = Basic::new("notes", OneAccount::new("ada", "lovelace")?)?;
    let auth = RequireAuth::new(basic)?.throttle(throttle.clone());
    let app = Router::new().route("/", get(async || "a note")).layer(auth);
    // End.
    Ok(app)
}
