"""A candidate configuration judged beside the live one, silently: followed, compared, tried in some grids."""
