//! What a load plan says: its model, its schema, everything that is wrong with it. Pure.

mod budget;
mod model;
mod schema;
mod source;
mod span;
mod validate;

pub use budget::{Budget, Comparison, DEFAULT as DEFAULT_BUDGET, Metric, ParseBudgetError, Unit};
pub use model::{
    Browser, CasePlan, EngineName, Entry, Expected, LoadPlan, OriginPlan, Popularity, RequestKind,
    RequestPlan, ResourcePlan, Shape, Stage,
};
pub use schema::published;
pub use source::{ParsedPlan, parse_plan};
pub use span::Span;
pub use validate::{budget, is_closed};
