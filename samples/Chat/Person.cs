namespace Chat;

/// <summary>Somebody in a room.</summary>
/// <param name="Id">Public and the same after a reload; made from the session, which stays secret.</param>
/// <param name="Name">What the person wants to be called.</param>
internal sealed record Person(string Id, string Name);

/// <summary>A room for the list of open ones.</summary>
/// <param name="Name">Its name.</param>
/// <param name="People">How many are there.</param>
internal sealed record OpenRoom(string Name, int People);
