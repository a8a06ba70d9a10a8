using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Channels;

/// <summary>
/// Reads options from a section of configuration: what the binder does, and what it passes over in silence. A list that is
/// given as text (<c>--Channels:Server:AllowedHosts=example.com</c>) would stay empty, which for a list of whom to let in
/// means everybody.
/// </summary>
internal static class OptionsReader
{
    /// <summary>Binds the section, and fills lists that were given as text.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="path">The section's key.</param>
    /// <param name="options">What is filled.</param>
    /// <param name="bind">Calls the binder with the concrete type, so that its source generator sees it.</param>
    /// <exception cref="InvalidOperationException">A value does not fit its option; the message names the key.</exception>
    public static void Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        IConfiguration configuration, string path, TOptions options, Action<TOptions, IConfiguration> bind)
        where TOptions : class
    {
        bind(options, configuration.GetSection(path));
        foreach (var property in typeof(TOptions).GetProperties().Where(IsList))
        {
            var key = ConfigurationPath.Combine(path, property.Name);
            if (FindText(configuration, key) is not { } text)
            {
                continue;
            }

            if (property.GetValue(options) is IList<string> list)
            {
                list.Clear();
                foreach (var entry in Split(text, property.GetCustomAttribute<ListTextAttribute>()?.Separators ?? ListTextAttribute.Usual))
                {
                    list.Add(entry);
                }
            }
            else if (text.Length > 0)
            {
                throw new InvalidOperationException($"{key} is the text '{HeaderText.Escape(text)}', but holds a list whose entries have parts: write {key}:0:… for each part of the first entry.");
            }
        }
    }

    /// <summary>Reads a list of texts that belongs to no class of options.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="key">The list's key.</param>
    public static string[] ReadList(IConfiguration configuration, string key) => FindText(configuration, key) is { } text
        ? Split(text, ListTextAttribute.Usual)
        : [.. configuration.GetSection(key).GetChildren().Select(entry => entry.Value).OfType<string>()];

    /// <summary>The names of the options, and whether each may have keys below it.</summary>
    public static IReadOnlyDictionary<string, bool> KeysOf<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>() =>
        typeof(TOptions).GetProperties().ToDictionary(property => property.Name, IsList, StringComparer.OrdinalIgnoreCase);

    private static bool IsList(PropertyInfo property) =>
        property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IList<>);

    private static string[] Split(string text, string separators) => separators.Length == 0 && text.Length > 0
        ? [text]
        : text.Split(separators.ToCharArray(), StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The strongest source that says anything about the list decides: a text replaces entries of weaker sources, and the other way round.
    private static string? FindText(IConfiguration configuration, string key)
    {
        if (configuration is not IConfigurationRoot root)
        {
            return configuration[key];
        }

        foreach (var source in root.Providers.Reverse())
        {
            if (source.GetChildKeys([], key).Any())
            {
                return null;
            }

            if (source.TryGet(key, out var text) && text is not null)
            {
                return text;
            }
        }

        return null;
    }
}
