"""The API over HTTP: the only room that imports Connexion."""
