//! The scopes that each operation of a server needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::McpOperation;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::policy::{ImpliesScope, RequireScopes, scopes};
use crate::principal::Scopes;

/// The method that calls a tool.
const CALL: &str = "tools/call";

/// Says which scopes the operations of an MCP server need.
///
/// - Every request needs the scopes that [`new`](Self::new) names.
/// - A [method](Self::method) may need more, for example `resources/read`.
/// - A [tool](Self::tool) may need more. A tool that the table does not name is forbidden for every caller, unless
///   [`any_other_tool`](Self::any_other_tool) says what such tools need. So a new tool is closed until its scopes are
///   known.
///
/// An empty list of scopes means: no more than every request needs. Names are compared exactly.
///
/// # Example
///
/// ```
/// use tower_challenge::mcp::McpScopes;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let scopes = McpScopes::new("mcp:read")?
///     .method("resources/read", "files:read")?
///     .tool("whoami", "")?
///     .tool("put", "mcp:write")?;
/// assert!(scopes.clone().tool("put", "").is_err(), "the tool is named twice");
/// assert!(McpScopes::new("").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct McpScopes {
    every_request: RequireScopes,
    every_scope: Scopes,
    methods: BTreeMap<Box<str>, MoreScopes>,
    tools: BTreeMap<Box<str>, MoreScopes>,
    any_other_tool: Option<MoreScopes>,
    implications: Option<Arc<dyn ImpliesScope>>,
}

/// The scopes that an operation needs beyond those of every request; `None` if there are none.
type MoreScopes = Option<RequireScopes>;

impl McpScopes {
    /// Makes a table in which every request needs the scopes of a space-separated list.
    ///
    /// # Errors
    ///
    /// Fails if the list is empty, if a scope has a character that RFC 6749 section 3.3 does not allow, or if the list has
    /// `offline_access`. A client asks its authorization server for that scope by itself, and a server should not ask for
    /// it.
    pub fn new(list: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            every_request: required(list)?,
            every_scope: Scopes::new(list),
            methods: BTreeMap::new(),
            tools: BTreeMap::new(),
            any_other_tool: None,
            implications: None,
        })
    }

    /// Says that requests and notifications with this `method` need the scopes of `list`, too.
    ///
    /// # Errors
    ///
    /// Fails if the method was named before, and as [`new`](Self::new) does for `list`, which may be empty here.
    pub fn method(mut self, method: &str, list: &str) -> Result<Self, ConfigError> {
        insert(&mut self.methods, method, list)?;
        Ok(self)
    }

    /// Says that calls of `tool` need the scopes of `list`, too.
    ///
    /// # Errors
    ///
    /// Fails if the tool was named before, and as [`new`](Self::new) does for `list`, which may be empty here.
    pub fn tool(mut self, tool: &str, list: &str) -> Result<Self, ConfigError> {
        insert(&mut self.tools, tool, list)?;
        Ok(self)
    }

    /// Says that calls of tools that the table does not name need the scopes of `list`, too. Without this call, such tools
    /// are forbidden.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) does for `list`, which may be empty here.
    pub fn any_other_tool(mut self, list: &str) -> Result<Self, ConfigError> {
        self.any_other_tool = Some(more(list)?);
        Ok(self)
    }

    /// Also allows callers whose scopes imply the needed ones: a [`ScopeImplications`](crate::policy::ScopeImplications),
    /// or a closure from the granted and the needed scope to `bool`. A second call replaces the first.
    #[must_use]
    pub fn implied_by(mut self, implications: impl ImpliesScope) -> Self {
        self.implications = Some(Arc::new(implications));
        self
    }

    /// Returns the scopes that every request needs.
    #[must_use]
    pub const fn of_every_request(&self) -> &Scopes {
        &self.every_scope
    }

    /// Gives the implications to all policies of the table.
    pub(super) fn ready(mut self) -> Self {
        if let Some(implications) = &self.implications {
            let tables = self.methods.values_mut().chain(self.tools.values_mut());
            let more = tables.chain(&mut self.any_other_tool).flatten();
            for policy in more.chain([&mut self.every_request]) {
                *policy = policy.clone().implied_by(Arc::clone(implications));
            }
        }
        self
    }

    pub(super) const fn every_request(&self) -> &RequireScopes {
        &self.every_request
    }

    /// Returns the policies of an operation beyond those of every request, or `None` if the operation is forbidden.
    pub(super) fn of_operation(
        &self,
        operation: &McpOperation,
    ) -> Option<impl Iterator<Item = &RequireScopes>> {
        let tool = match operation.method == CALL {
            true => self.of_tool(operation.name.as_deref())?.as_ref(),
            false => None,
        };
        let method = self.methods.get(&*operation.method);
        Some(method.into_iter().flatten().chain(tool))
    }

    fn of_tool(&self, name: Option<&str>) -> Option<&MoreScopes> {
        let named = name.and_then(|name| self.tools.get(name));
        named.or(self.any_other_tool.as_ref())
    }
}

fn insert(
    table: &mut BTreeMap<Box<str>, MoreScopes>,
    name: &str,
    list: &str,
) -> Result<(), ConfigError> {
    if name.is_empty() {
        return Err(ConfigError::new("the name of a method or a tool is empty"));
    }
    match table.insert(name.into(), more(list)?) {
        None => Ok(()),
        Some(_) => Err(ConfigError::new(format!(
            "{name:?} is named twice: name it once"
        ))),
    }
}

fn more(list: &str) -> Result<MoreScopes, ConfigError> {
    match Scopes::new(list).is_empty() {
        true => Ok(None),
        false => required(list).map(Some),
    }
}

fn required(list: &str) -> Result<RequireScopes, ConfigError> {
    if Scopes::new(list).contains("offline_access") {
        return Err(ConfigError::new(
            "remove `offline_access`: clients ask for it by themselves, and no operation needs it",
        ));
    }
    scopes(list)
}

shows! { impl[] McpScopes[] as self {
    every_request: self.every_scope,
    methods: self.methods.keys(),
    tools: self.tools.keys(),
    any_other_tool: self.any_other_tool.is_some(),
} }
