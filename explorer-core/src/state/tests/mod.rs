mod dimensions;
mod history;
mod json;
mod links;
mod reduce;
