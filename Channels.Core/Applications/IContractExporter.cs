namespace Channels.Extending;

/// <summary>Writes down what clients may send to the applications of a tree and what they get; the verb <c>contract</c> asks it.</summary>
public interface IContractExporter
{
    /// <summary>The contract as the text of a file.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="services">The host's services.</param>
    /// <param name="extension">The kind of file, such as <c>.ts</c>.</param>
    /// <exception cref="NotSupportedException">There is no such kind; the message names those there are.</exception>
    string Export(Application root, IServiceProvider services, string extension);
}
