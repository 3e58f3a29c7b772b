mod dimensions;
mod history;
mod json;
mod links;
mod own_columns;
mod panels;
mod reduce;
