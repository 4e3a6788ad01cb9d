"""The API over HTTP: the only room that imports Connexion."""

import warnings

with warnings.catch_warnings():
    # Connexion 3.3 imports what Starlette and jsonschema have deprecated; a user of ringmock cannot change that.
    warnings.simplefilter("ignore")
    import connexion.json_schema
    import connexion.middleware.main  # noqa: F401  (loaded here, so that later imports of it have nothing to say)
