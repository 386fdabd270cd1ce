//! Pages of a listing, and the markers that continue them.
//!
//! A marker is opaque to the caller: the name of the last row of a page, sealed and bound to the
//! operation, the account, the Region and everything that narrows the listing. A marker of
//! another listing, or one that was made up, is refused. Rows that come and go between two pages
//! do not disturb it.
//!
//! AWS: API reference, "ListAliases" and the other listings, `Marker` and `NextMarker`.

use strongroom_model::errors::ErrorCode;

use crate::{call::Call, error::KmsError, layout::Prefix, record::Record};

/// Rows that one page looks at, for each row that it may return, before it ends short.
const ROWS_LOOKED_AT: usize = 4;

/// How a caller wants a listing cut into pages.
pub(crate) struct Paging<'c> {
    call: &'c Call<'c>,
    limit: usize,
    marker: Option<&'c str>,
    narrowed_by: &'static str,
}

/// One page.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    /// Present exactly when there is more.
    pub(crate) next_marker: Option<String>,
}

impl<'c> Paging<'c> {
    /// `limit` is the caller's wish; beyond `maximum`, which the operation documents, it counts
    /// as that.
    pub(crate) fn new(
        call: &'c Call<'_>,
        limit: Option<i32>,
        default: usize,
        maximum: usize,
        marker: Option<&'c str>,
    ) -> Self {
        let wish = limit.and_then(|limit| usize::try_from(limit).ok());
        Self {
            call,
            limit: wish.unwrap_or(default).clamp(1, maximum),
            marker,
            narrowed_by: "",
        }
    }

    /// A parameter that narrows the listing, to which its markers are bound.
    pub(crate) fn narrowed_by(mut self, parameter: &'static str) -> Self {
        self.narrowed_by = parameter;
        self
    }

    /// The next page of the rows under a prefix, leaving out those that `keep` refuses. It may
    /// be short, or empty, although there is more.
    pub(crate) async fn page<R: Record>(
        &self,
        rows: &Prefix<R>,
        keep: impl Fn(&str, &R) -> bool,
    ) -> Result<Page<(String, R)>, KmsError> {
        let mut after = self.position(rows.as_str())?;
        let mut kept = Vec::new();
        for _ in 0..ROWS_LOOKED_AT {
            let wanted = self.limit - kept.len();
            let listed = self
                .call
                .service()
                .shelves()
                .list(rows, after.as_deref(), wanted)
                .await?;
            let last = listed.rows.last().map(|(name, _)| name.clone());
            kept.extend(
                listed
                    .rows
                    .into_iter()
                    .filter(|(name, row)| keep(name, row)),
            );
            if !listed.more {
                return Ok(Page {
                    rows: kept,
                    next_marker: None,
                });
            }
            after = last.or(after);
            if kept.len() >= self.limit {
                break;
            }
        }
        let next_marker = after
            .map(|name| self.marker_at(rows.as_str(), &name))
            .transpose()?;
        Ok(Page {
            rows: kept,
            next_marker,
        })
    }

    /// The next page of a list that is at hand, sorted by a name that each item has to itself.
    pub(crate) fn slice<'i, T>(
        &self,
        listing: &str,
        items: &'i [T],
        name: impl Fn(&T) -> &str,
    ) -> Result<Page<&'i T>, KmsError> {
        let start = match self.position(listing)? {
            Some(last) => items.partition_point(|item| name(item) <= last.as_str()),
            None => 0,
        };
        let rest = items.get(start..).unwrap_or_default();
        let rows: Vec<&T> = rest.iter().take(self.limit).collect();
        let next_marker = match rows.last() {
            Some(last) if rest.len() > rows.len() => Some(self.marker_at(listing, name(last))?),
            _ => None,
        };
        Ok(Page { rows, next_marker })
    }

    fn position(&self, listing: &str) -> Result<Option<String>, KmsError> {
        let Some(marker) = self.marker else {
            return Ok(None);
        };
        let custody = self.call.service().custody();
        let invalid = || KmsError::silent(ErrorCode::InvalidMarkerException);
        let name = custody
            .marker()
            .open(marker, &self.binding(listing))
            .map_err(|_| invalid())?;
        String::from_utf8(name).map(Some).map_err(|_| invalid())
    }

    fn marker_at(&self, listing: &str, name: &str) -> Result<String, KmsError> {
        let custody = self.call.service().custody();
        let binding = self.binding(listing);
        Ok(custody
            .marker()
            .seal(name.as_bytes(), &binding, custody.random())?)
    }

    /// A listing's prefix names its account, Region and filter; the operation and the rest of
    /// what narrows it are added. None of these holds a zero byte.
    fn binding(&self, listing: &str) -> Vec<u8> {
        let operation = self.call.operation().name();
        [operation, listing, self.narrowed_by]
            .join("\0")
            .into_bytes()
    }
}
