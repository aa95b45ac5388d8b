// Shows the API's document; validatorUrl null: nothing is sent to anybody else.
SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null });
