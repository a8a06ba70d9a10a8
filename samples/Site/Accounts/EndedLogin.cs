using System.ComponentModel.DataAnnotations;

namespace Site;

/// <summary>A login that was ended before its time: copies of its cookie are worth nothing any more.</summary>
public sealed class EndedLogin
{
    /// <summary>What the cookie's ticket calls the login.</summary>
    [Key]
    [MaxLength(32)]
    public required string Id { get; init; }

    /// <summary>When every cookie of the login has expired, in seconds since 1970; then it need not be remembered.</summary>
    public required long Until { get; init; }
}
