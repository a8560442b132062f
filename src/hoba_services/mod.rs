//! How does a client of HOBA register its key, and sign out? The URIs of RFC 7486 section 6, and what they need.
//!
//! | part | what it does |
//! |---|---|
//! | [`HobaServices`] | the service for `/.well-known/hoba/`, and invitations for further devices |
//! | [`HobaKeyStore`] | what the services need of a database; [`MemoryHobaKeys`] is one in memory |
//! | [`RegisteredKeys`] | looks the keys of a store up, for the scheme [`Hoba`](crate::scheme::Hoba) |
//! | [`RegistrationPolicy`] | decides who may register without an invitation |
//! | [`HobaServicesEvent`] | tells the operator of each registration, removal and refused invitation |
//!
//! # Who may register
//!
//! By default, only a client with an invitation. [`HobaServices::invite`] makes one. For example,
//! a user invites a second device of his own, and an operator invites a new user.
//! [`open_registration`](HobaServicesBuilder::open_registration) lets strangers make new accounts. It never adds a key to
//! an account that has one: otherwise a stranger could take the account over.
//!
//! A key belongs to one account. The services refuse a kid that another account has. The form carries no signature (RFC 7486
//! section 6.1), so a client proves that it has the private key only when it signs in.
//!
//! The guide [`hoba`](crate::guide::hoba) has a whole program, and a store for `sqlx`.

mod answer;
mod builder;
mod core;
mod event;
mod form_body;
mod invitations;
mod key_store;
mod memory_keys;
mod registered_keys;
mod registration;
mod registration_form;
mod registration_policy;
mod service;
mod services;

pub use self::builder::HobaServicesBuilder;
pub use self::event::{HobaServicesEvent, HobaServicesEventKind};
pub use self::key_store::{HobaDevice, HobaKeyStore, InvitationHash, RegistrationOutcome};
pub use self::memory_keys::MemoryHobaKeys;
pub use self::registered_keys::RegisteredKeys;
pub use self::registration_form::RegistrationForm;
pub use self::registration_policy::{RegistrationDecision, RegistrationPolicy};
pub use self::service::HobaServicesFuture;
pub use self::services::HobaServices;
