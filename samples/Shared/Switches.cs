using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Samples;

/// <summary>Switches of the samples' own. What an operator writes wrong ends the program with a sentence.</summary>
internal static class Switches
{
    /// <summary>A whole number.</summary>
    /// <param name="configuration">Where the command line is read.</param>
    /// <param name="key">The switch's key in it.</param>
    /// <param name="otherwise">The number when the switch was not given.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    public static int Number(this IConfiguration configuration, string key, int otherwise, int least, int most)
    {
        var text = configuration[key];
        return text is null ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : Refuse<int>($"{NameOf(key)} is '{text}': give a whole number from {least} to {most}.");
    }

    /// <summary>One of several words.</summary>
    /// <param name="configuration">Where the command line is read.</param>
    /// <param name="key">The switch's key in it.</param>
    /// <param name="words">The words, first that of a switch that was not given.</param>
    public static string Choice(this IConfiguration configuration, string key, params string[] words)
    {
        var text = configuration[key] ?? words[0];
        return words.Contains(text) ? text : Refuse<string>($"{NameOf(key)} is '{text}': use {string.Join(", ", words[..^1])} or {words[^1]}.");
    }

    private static string NameOf(string key) => $"--{key[(key.LastIndexOf(':') + 1)..]}";

    [DoesNotReturn]
    private static T Refuse<T>(string sentence)
    {
        Console.Error.WriteLine(sentence); // nobody else would make a sentence of it
        Environment.Exit(1);
        return default;
    }
}
