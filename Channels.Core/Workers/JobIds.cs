namespace Channels.Extending;

/// <summary>The rule for ids of scheduled jobs and names of periodic ones.</summary>
public static class JobIds
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>A name that nobody else has.</summary>
    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>Throws unless the id has 1 to 256 characters.</summary>
    /// <param name="id">The id.</param>
    /// <param name="parameter">What it is called where it was given. Default <c>id</c>.</param>
    /// <exception cref="ArgumentException">It is empty or too long.</exception>
    public static void ThrowIfInvalid(string id, string parameter = "id")
    {
        ArgumentException.ThrowIfNullOrEmpty(id, parameter);
        if (id.Length > MaxLength)
        {
            throw new ArgumentException($"An id of a job has 1 to {MaxLength} characters; this one has {id.Length}.", parameter);
        }
    }
}
