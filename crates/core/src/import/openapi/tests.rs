#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use serde_json::json;

use super::{OpenApiError, read};

fn document(paths: serde_json::Value) -> serde_json::Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "a", "version": "1" },
        "servers": [{ "url": "https://{host}/api/v1/", "variables": { "host": { "default": "api.example" } } }],
        "paths": paths,
        "components": {
            "parameters": { "Id": { "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 7 } } },
            "schemas": {
                "Item": {
                    "type": "object",
                    "required": ["name", "kind", "parent", "at"],
                    "properties": {
                        "name": { "type": "string", "examples": ["box"] },
                        "kind": { "enum": ["big", "small"] },
                        "parent": { "$ref": "#/components/schemas/Item" },
                        "at": { "type": ["string", "null"], "format": "date" },
                        "note": { "type": "string" }
                    }
                }
            }
        }
    })
}

#[test]
fn operations_have_what_they_need_to_be_answered() {
    let api = read(&document(json!({
        "/items/{id}": {
            "parameters": [{ "$ref": "#/components/parameters/Id" }],
            "get": {
                "operationId": "getItem",
                "parameters": [
                    { "name": "view", "in": "query", "required": true, "example": "full" },
                    { "name": "page", "in": "query" },
                    { "name": "X-Tenant", "in": "header", "required": true, "schema": { "type": "string" } }
                ],
                "responses": { "200": {}, "404": {} }
            },
            "put": {
                "requestBody": { "content": {
                    "text/plain": {},
                    "application/json": { "schema": { "$ref": "#/components/schemas/Item" } }
                } },
                "responses": { "2XX": {} }
            },
            "trace": {}
        },
        "/odd/{what}": { "get": {} }
    })))
    .unwrap();
    assert_eq!(api.server_path, "/api/v1");
    let told: Vec<String> =
        api.operations.iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    assert_eq!(told, ["GET /items/7", "PUT /items/7", "GET /odd/1"]);
    let get = &api.operations[0];
    assert_eq!(get.name.as_deref(), Some("getItem"));
    assert_eq!(get.query, [("view".to_owned(), "full".to_owned())]);
    assert_eq!(get.headers, [("x-tenant".to_owned(), "a".to_owned())]);
    assert_eq!(get.success, [200]);
    let put = &api.operations[1];
    let body: serde_json::Value = serde_json::from_str(put.body.as_deref().unwrap()).unwrap();
    assert_eq!(
        (&body["name"], &body["kind"], &body["at"]),
        (&json!("box"), &json!("big"), &json!("2026-01-01"))
    );
    assert!(body["parent"]["parent"].is_object(), "a schema that contains itself ends");
    assert_eq!(put.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    assert!(put.success.is_empty(), "any status of 2xx");
    assert_eq!(api.operations[2].notes.len(), 1);
}

#[test]
fn what_is_no_such_document_is_told() {
    for (value, error) in [
        (json!({}), OpenApiError::NotOpenApi),
        (json!({ "swagger": "2.0" }), OpenApiError::Version("2.0".to_owned())),
        (json!({ "openapi": "4.0.0" }), OpenApiError::Version("4.0.0".to_owned())),
        (json!({ "openapi": "3.0.3", "paths": {} }), OpenApiError::NoOperations),
    ] {
        assert_eq!(read(&value), Err(error));
    }
}
