mod dimensions;
mod history;
mod links;
mod reduce;
