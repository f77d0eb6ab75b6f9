// A module of its own: nothing but the standard library, so nothing to fetch.
module localcluster/pause

go 1.26
