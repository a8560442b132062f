//! Reads the replies of the scripts.

use redis::Value;

/// The items of a reply, after its tag. Any item that does not fit makes the whole reply unreadable.
#[derive(Debug)]
pub(super) struct ReplyItems(std::vec::IntoIter<Value>);

/// The reply does not fit the call. It may belong to another call on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MisfitReply;

impl ReplyItems {
    /// Takes a reply, which must be a list that begins with the tag of the call.
    pub(super) fn new(reply: Value, tag: &str) -> Result<Self, MisfitReply> {
        let Value::Array(items) = reply else {
            return Err(MisfitReply);
        };
        let mut items = Self(items.into_iter());
        match items.bytes()? == tag.as_bytes() {
            true => Ok(items),
            false => Err(MisfitReply),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, MisfitReply> {
        match self.0.next() {
            Some(Value::BulkString(bytes)) => Ok(bytes),
            _ => Err(MisfitReply),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, MisfitReply> {
        String::from_utf8(self.bytes()?).map_err(|_| MisfitReply)
    }

    pub(super) fn number(&mut self) -> Result<u64, MisfitReply> {
        match self.0.next() {
            Some(Value::Int(number)) => u64::try_from(number).map_err(|_| MisfitReply),
            _ => Err(MisfitReply),
        }
    }

    /// A number that is 0 or 1.
    pub(super) fn flag(&mut self) -> Result<bool, MisfitReply> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(MisfitReply),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Checks that no items are left.
    pub(super) fn end(self) -> Result<(), MisfitReply> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(MisfitReply),
        }
    }
}

#[cfg(test)]
mod tests {
    use redis::Value;

    use super::{MisfitReply, ReplyItems};

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_reply_with_the_tag_of_its_call_is_read() {
        let reply = Value::Array(vec![text("7"), text("wait"), Value::Int(5), Value::Int(1)]);
        let mut items = ReplyItems::new(reply, "7").unwrap();
        assert_eq!(items.text().as_deref(), Ok("wait"));
        assert_eq!((items.number(), items.flag()), (Ok(5), Ok(true)));
        assert_eq!(items.end(), Ok(()));
    }

    #[test]
    fn a_reply_that_does_not_fit_is_refused() {
        for reply in [
            Value::Nil,
            Value::Okay,
            text("7"),
            Value::Array(vec![]),
            Value::Array(vec![Value::Int(7)]),
            Value::Array(vec![text("8"), text("first")]),
        ] {
            assert_eq!(ReplyItems::new(reply, "7").err(), Some(MisfitReply));
        }
        let items = |values| ReplyItems::new(Value::Array(values), "7").unwrap();
        assert_eq!(items(vec![text("7")]).text(), Err(MisfitReply));
        assert_eq!(
            items(vec![text("7"), Value::Int(-1)]).number(),
            Err(MisfitReply)
        );
        assert_eq!(
            items(vec![text("7"), Value::Int(2)]).flag(),
            Err(MisfitReply)
        );
        assert_eq!(items(vec![text("7"), text("more")]).end(), Err(MisfitReply));
        let invalid = Value::BulkString(vec![0xff]);
        assert_eq!(items(vec![text("7"), invalid]).text(), Err(MisfitReply));
    }
}
