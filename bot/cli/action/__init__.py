"""`mlwright action`: the work of `action/action.yml`, on the files and variables that GitHub's runner gives to a step."""
