"""One module a step. What was released is never changed: new steps are added."""
