//! The tools of the server. They run only for callers with the scopes that they need.

use std::sync::Arc;

use http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use tower_challenge::{Authenticated, Principal};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Tools;

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = [
            ("whoami", "Says who calls."),
            ("put", "Writes nothing, and says who may write."),
        ];
        let object = serde_json::json!({ "type": "object" });
        let schema = Arc::new(object.as_object().cloned().unwrap_or_default());
        let tools = tools.map(|(name, text)| Tool::new(name, text, Arc::clone(&schema)));
        Ok(ListToolsResult::with_all_items(tools.into()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&context)?;
        let text = match &*request.name {
            "whoami" => format!("hello {}", caller.name()),
            "put" => format!("{} may write", caller.name()),
            _ => return Err(ErrorData::invalid_params("there is no such tool", None)),
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

/// The caller, whom the layer has put into the extensions of the HTTP request.
fn caller(context: &RequestContext<RoleServer>) -> Result<Authenticated<Principal>, ErrorData> {
    let request = context.extensions.get::<Parts>();
    let caller = request.and_then(|request| request.extensions.get().cloned());
    caller.ok_or(ErrorData::internal_error(
        "this tool is not behind the layer",
        None,
    ))
}
