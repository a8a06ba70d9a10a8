using System.ComponentModel.DataAnnotations;

namespace Site;

/// <summary>Somebody who may log in.</summary>
public sealed class Account
{
    /// <summary>The characters of the longest name.</summary>
    public const int LongestName = 100;

    /// <summary>The name, which nobody else has.</summary>
    [Key]
    [MaxLength(LongestName)]
    public required string Name { get; init; }

    /// <summary>The password, hashed with a salt of its own.</summary>
    public required string PasswordHash { get; set; }
}
